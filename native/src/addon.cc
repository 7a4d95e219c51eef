// The addon's table of contents: each primitive adds its functions to the exports. Nothing here or in the primitives is
// static and mutable, so every worker thread may load its own instance.
#include <napi.h>

#include "descriptor.h"
#include "peer_credentials.h"
#include "tcp_socket.h"
#include "udp_socket.h"

namespace {

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  tsrpcgen::InitializeDescriptor(env, exports);
  tsrpcgen::InitializePeerCredentials(env, exports);
  tsrpcgen::InitializeTcpSocket(env, exports);
  tsrpcgen::InitializeUdpSocket(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(tsrpcgen, Initialize)
