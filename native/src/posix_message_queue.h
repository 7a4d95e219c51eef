#pragma once

#include <napi.h>

namespace tsrpcgen {

/// POSIX message queues. On Linux a queue is a descriptor, which can be polled; elsewhere: ENOTSUP.
void InitializePosixMessageQueue(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
