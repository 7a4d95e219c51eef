#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `ftok`.
void InitializeSysvKey(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
