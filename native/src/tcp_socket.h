#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `setTcpUserTimeout(fd, ms)` and `tcpUserTimeout(fd)`: how long the peer's system may leave data unacknowledged.
void InitializeTcpSocket(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
