#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `msgget`, `msgsnd`, `msgsndWaiting`, `msgsndSync`, `msgrcv`, `msgrcvWaiting`, `msgrcvSync`, `msgStat`, `msgSet`
/// and `msgRemove`.
void InitializeSysvMessageQueue(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
