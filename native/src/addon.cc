// The addon's table of contents: each primitive adds its functions to the exports. Nothing in the primitives is static
// and mutable, so every worker thread may load its own instance; only signal handlers and what they read are the
// process's.
#include <napi.h>

#include "descriptor.h"
#include "instance.h"
#include "io.h"
#include "mapping.h"
#include "peer_credentials.h"
#include "pipe.h"
#include "posix_shared_memory.h"
#include "ring.h"
#include "sysv_message_queue.h"
#include "udp_socket.h"

namespace {

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new tsrpcgen::Instance());
  tsrpcgen::InitializeDescriptor(env, exports);
  tsrpcgen::InitializeIo(env, exports);
  tsrpcgen::InitializeMapping(env, exports);
  tsrpcgen::InitializePeerCredentials(env, exports);
  tsrpcgen::InitializePipe(env, exports);
  tsrpcgen::InitializePosixSharedMemory(env, exports);
  tsrpcgen::InitializeRing(env, exports);
  tsrpcgen::InitializeSysvMessageQueue(env, exports);
  tsrpcgen::InitializeUdpSocket(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(tsrpcgen, Initialize)
