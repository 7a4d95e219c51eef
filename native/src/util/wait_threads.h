#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "blocking_task.h"

namespace tsrpcgen {

/// The threads of one environment that wait in calls which have no descriptor to poll: one for each wait, none of
/// libuv's. A few are kept for the next wait.
class WaitThreads {
 public:
  explicit WaitThreads(Napi::Env env);
  ~WaitThreads();
  WaitThreads(const WaitThreads&) = delete;
  WaitThreads& operator=(const WaitThreads&) = delete;
  WaitThreads(WaitThreads&&) = delete;
  WaitThreads& operator=(WaitThreads&&) = delete;

  /// Waits on a thread; then `callback(error)` or `callback(undefined, result)` is called from the loop, which it keeps
  /// alive. @returns the wait's number, for `Cancel`. A function that does would cost more than all the rest of the
  /// wait.
  Napi::Value Start(Napi::Env env, std::unique_ptr<BlockingTask> task, Napi::Function callback);

  /// Ends the wait. @returns whether it did. If not, the call has been made, and the callback comes.
  bool Cancel(uint64_t id);

  /// The wait no longer keeps the loop alive. Does nothing once it is over.
  void Unref(uint64_t id);

  /// Ends every wait and every thread: at the end of the environment.
  void Stop();

 private:
  class Thread;
  struct Wait;
  static void Deliver(Napi::Env env, Napi::Function none, std::nullptr_t* context, Wait* wait);
  using Delivery = Napi::TypedThreadSafeFunction<std::nullptr_t, Wait, Deliver>;

  void Finish(uint64_t id);
  /// One wait less that keeps the loop alive.
  void Unreference(Wait& wait);

  Napi::Env env_;
  Delivery delivery_;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Thread>> idle_;
  uint64_t last_id_ = 0;
  /// Waits that keep the loop alive.
  size_t referenced_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Wait>> waits_;
};

}  // namespace tsrpcgen
