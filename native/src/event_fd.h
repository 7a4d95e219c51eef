#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Adds `eventfd(initial, semaphore)` and `adoptEventfd(fd)`; an eventfd is read and written as any descriptor is.
void InitializeEventFd(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
