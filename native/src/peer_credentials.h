#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `peerCredentials(fd)`: who is at the other end of a connected UNIX socket.
void InitializePeerCredentials(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
