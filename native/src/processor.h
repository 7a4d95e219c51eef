#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `yieldProcessor()`: lets others run that wait for this thread's processor (sched_yield). What is polled may be
/// theirs to bring about.
void InitializeProcessor(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
