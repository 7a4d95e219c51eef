#pragma once

#include <napi.h>

namespace tsrpcgen {

/// memfd_create(2) and its seals. Elsewhere than on Linux: ENOTSUP.
void InitializeMemfd(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
