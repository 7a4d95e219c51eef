#pragma once

#include <napi.h>

#include <memory>

#include "util/living.h"
#include "util/pages.h"
#include "util/wait_threads.h"

namespace tsrpcgen {

class Descriptor;
class Mapping;
class PosixSemaphore;
class RingHandle;

/// What one environment (the main thread, or a worker) has of the addon.
struct Instance {
  static Instance& Of(Napi::Env env) { return *env.GetInstanceData<Instance>(); }

  /// Made at the first wait.
  static WaitThreads& Threads(Napi::Env env) {
    Instance& instance = Of(env);
    if (!instance.threads) instance.threads = std::make_unique<WaitThreads>(env);
    return *instance.threads;
  }

  Napi::FunctionReference descriptor;
  /// What the Descriptor that was made last has come to own; -1: nothing yet.
  int owned_fd = -1;
  std::shared_ptr<Living<Descriptor>> descriptors = std::make_shared<Living<Descriptor>>();
  Napi::FunctionReference mapping;
  std::shared_ptr<Living<Mapping>> mappings = std::make_shared<Living<Mapping>>();
  std::shared_ptr<Living<PosixSemaphore>> semaphores = std::make_shared<Living<PosixSemaphore>>();
  std::shared_ptr<Living<RingHandle>> rings = std::make_shared<Living<RingHandle>>();
  /// What the Mapping that is just being made will own.
  std::shared_ptr<Pages> mapped;
  std::unique_ptr<WaitThreads> threads;
};

}  // namespace tsrpcgen
