#pragma once

#include <napi.h>

#include <memory>

namespace tsrpcgen {

/// An ArrayBuffer over memory that stays as long as `owner`, which goes with the buffer. Leaves an error pending where
/// it can't be made, and yields an empty value.
///
/// Not `Napi::ArrayBuffer::New`: where Node fails late, in a worker thread that is being terminated or with a buffer
/// that is too large, it calls the finalizer all the same, now or later, and node-addon-api has freed that by then.
Napi::ArrayBuffer HeldBuffer(Napi::Env env, void* data, size_t size, std::shared_ptr<void> owner);

}  // namespace tsrpcgen
