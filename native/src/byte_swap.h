#pragma once

#include <napi.h>

namespace tsrpcgen {

/// swap32 and swap64: numbers from one array to another, or within one, each with its bytes in reverse.
void InitializeByteSwap(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
