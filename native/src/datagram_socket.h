#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds udp sockets that tell which of the machine's addresses a datagram came to, and answer from it.
void InitializeDatagramSocket(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
