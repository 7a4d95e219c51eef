#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `shmOpen(name, flags, mode)`, `shmUnlink(name)`, `resize(descriptor, bytes)`, `sizeOf(descriptor)` and
/// `map(descriptor, size, offset, shared, writable)`.
void InitializePosixSharedMemory(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
