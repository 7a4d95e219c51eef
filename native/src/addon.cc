// The addon's table of contents: each primitive adds its functions to the exports. Nothing in the primitives is static
// and mutable, so every worker thread may load its own instance; only signal handlers and what they read are the
// process's.
#include <napi.h>

#include "blocking_socket.h"
#include "byte_swap.h"
#include "datagram_batch.h"
#include "datagram_socket.h"
#include "descriptor.h"
#include "event_fd.h"
#include "futex.h"
#include "heap.h"
#include "instance.h"
#include "io.h"
#include "mapping.h"
#include "memfd.h"
#include "peer_credentials.h"
#include "pipe.h"
#include "posix_message_queue.h"
#include "posix_semaphore.h"
#include "posix_shared_memory.h"
#include "process.h"
#include "processor.h"
#include "ring.h"
#include "signal_receiver.h"
#include "spinner.h"
#include "sysv_key.h"
#include "sysv_message_queue.h"
#include "sysv_semaphore.h"
#include "sysv_shared_memory.h"
#include "tcp_socket.h"
#include "unix_message.h"
#include "unix_socket.h"
#include "util/arguments.h"
#include "util/stay_loaded.h"

namespace {

/// cancelWait(number): see WaitThreads::Cancel
Napi::Value CancelWait(const Napi::CallbackInfo& info) {
  const auto id = tsrpcgen::SizeArgument(info, 0, "wait");
  if (!id) return info.Env().Undefined();
  return Napi::Boolean::New(info.Env(), tsrpcgen::Instance::Threads(info.Env()).Cancel(*id));
}

/// unrefWait(number): see WaitThreads::Unref
void UnrefWait(const Napi::CallbackInfo& info) {
  const auto id = tsrpcgen::SizeArgument(info, 0, "wait");
  if (id) tsrpcgen::Instance::Threads(info.Env()).Unref(*id);
}

Napi::Object Initialize(Napi::Env env, Napi::Object exports) {
  tsrpcgen::StayLoaded();
  env.SetInstanceData(new tsrpcgen::Instance());
  tsrpcgen::InitializeBlockingSocket(env, exports);
  tsrpcgen::InitializeByteSwap(env, exports);
  tsrpcgen::InitializeDatagramBatch(env, exports);
  tsrpcgen::InitializeDatagramSocket(env, exports);
  tsrpcgen::InitializeDescriptor(env, exports);
  tsrpcgen::InitializeEventFd(env, exports);
  tsrpcgen::InitializeFutex(env, exports);
  tsrpcgen::InitializeHeap(env, exports);
  tsrpcgen::InitializeIo(env, exports);
  tsrpcgen::InitializeMapping(env, exports);
  tsrpcgen::InitializeMemfd(env, exports);
  tsrpcgen::InitializePeerCredentials(env, exports);
  tsrpcgen::InitializePipe(env, exports);
  tsrpcgen::InitializePosixMessageQueue(env, exports);
  tsrpcgen::InitializePosixSemaphore(env, exports);
  tsrpcgen::InitializePosixSharedMemory(env, exports);
  tsrpcgen::InitializeProcess(env, exports);
  tsrpcgen::InitializeProcessor(env, exports);
  tsrpcgen::InitializeRing(env, exports);
  tsrpcgen::InitializeSignalReceiver(env, exports);
  tsrpcgen::InitializeSpinner(env, exports);
  tsrpcgen::InitializeSysvKey(env, exports);
  tsrpcgen::InitializeSysvMessageQueue(env, exports);
  tsrpcgen::InitializeSysvSemaphore(env, exports);
  tsrpcgen::InitializeSysvSharedMemory(env, exports);
  tsrpcgen::InitializeTcpSocket(env, exports);
  tsrpcgen::InitializeUnixMessage(env, exports);
  tsrpcgen::InitializeUnixSocket(env, exports);
  exports.Set("cancelWait", Napi::Function::New<CancelWait>(env, "cancelWait"));
  exports.Set("unrefWait", Napi::Function::New<UnrefWait>(env, "unrefWait"));
  return exports;
}

}  // namespace

NODE_API_MODULE(tsrpcgen, Initialize)
