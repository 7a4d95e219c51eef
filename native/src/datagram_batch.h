#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `udpReceiveBatch`, `udpSendBatch` and `udpBatchSender`: many datagrams of a udp socket in one call of the
/// kernel and of JavaScript, none of which makes an object. What they are about lies in words, 16 for each: see
/// src/ipc/udp-batch.ts.
void InitializeDatagramBatch(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
