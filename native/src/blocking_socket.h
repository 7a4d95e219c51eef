#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds what blocking calls need of sockets that libuv does not watch: `tcpConnectStart`, `tcpConnectEnd`,
/// `udpConnect`, `setReceiveStep`, `receiveBytes`, `sendRecord`, `sendDatagram` and `resolveSync`. No call of theirs
/// waits longer than it is told: the caller goes on by steps, between which a worker that is being terminated can end.
void InitializeBlockingSocket(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
