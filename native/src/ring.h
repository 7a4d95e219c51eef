#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `ringFormat`, `ringHeaderBytes` and the class `Ring`.
void InitializeRing(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
