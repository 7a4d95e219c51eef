#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `duplicateDescriptor(fd)`: another descriptor, above those of stdin, stdout and stderr, for the same open file.
void InitializeDescriptor(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
