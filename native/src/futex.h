#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `futexDiffers`, `futexWaiting`, `futexWaitSync` and `futexWake` on 32-bit words of a Mapping.
void InitializeFutex(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
