#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `pidfdOpen(pid)` and `pidfdSendSignal(descriptor, signal)`; that a process has ended is told by `pollSync`.
void InitializeProcess(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
