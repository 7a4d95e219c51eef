#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `pipe()`, `mkfifo(path, mode)`, `openFifo(path, writing)`, `openFifoWaiting(path, writing, callback)`,
/// `openFifoSync(path, writing, timeoutMs)`, `pipeCapacity(descriptor)` and `setPipeCapacity(descriptor, bytes)`.
void InitializePipe(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
