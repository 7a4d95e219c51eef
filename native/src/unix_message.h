#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `sendMessage`, `receiveMessage` and their Sync forms: bytes over a UNIX socket, with descriptors.
void InitializeUnixMessage(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
