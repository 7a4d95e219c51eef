#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `kill`, `sigqueue`, `realTimeSignals`, and the class SignalRegistration.
void InitializeSignalReceiver(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
