#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `semget`, `semop`, `semopWaiting`, `semopSync`, `semGet`, `semValues`, `semSetValue`, `semSetValues`,
/// `semStat`, `semSet` and `semRemove`.
void InitializeSysvSemaphore(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
