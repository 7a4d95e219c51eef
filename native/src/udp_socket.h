#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `bindSharedUdp(host, port, ipv6)`: a bound udp socket whose port other sockets of this user can bind too, each
/// of which gets a share of the clients; and `refuseAddressReuse(fd)`.
void InitializeUdpSocket(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
