#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `read`, `readSync`, `write` and `writeSync` on Descriptors, and `pollSync`.
void InitializeIo(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
