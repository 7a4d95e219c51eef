#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `shmget`, `shmat`, `shmStat`, `shmSet` and `shmRemove`.
void InitializeSysvSharedMemory(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
