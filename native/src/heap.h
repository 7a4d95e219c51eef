#pragma once

#include <napi.h>

#include <cstddef>

namespace tsrpcgen {

/// Memory of so many bytes is mapped anew each time by glibc's defaults, or lies where what is freed goes back to the
/// kernel at once.
constexpr size_t large_memory_bytes = size_t{32} * 1024;

/**
 * Has the process keep up to 64 MiB of freed memory: each fresh page of a message costs a fault, which for large
 * messages is more than all else. Once; not where the environment says what malloc is to do, nor without glibc.
 */
void KeepFreedMemory();

/// keepFreedMemory()
void InitializeHeap(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
