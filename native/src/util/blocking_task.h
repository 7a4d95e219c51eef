#pragma once

#include <napi.h>

#include "deadline.h"

namespace tsrpcgen {

/// A call of the kernel that waits, and that a signal ends with EINTR.
class BlockingTask {
 public:
  BlockingTask() = default;
  virtual ~BlockingTask() = default;
  BlockingTask(const BlockingTask&) = delete;
  BlockingTask& operator=(const BlockingTask&) = delete;
  BlockingTask(BlockingTask&&) = delete;
  BlockingTask& operator=(BlockingTask&&) = delete;

  /// One go at the call, on any thread: touches nothing of JavaScript's. @returns 0 or errno. After EINTR it is called
  /// again, unless nobody waits any more: then nothing may have been taken.
  virtual int Attempt() = 0;
  /// What JavaScript gets after an attempt that returned 0, on JavaScript's thread.
  virtual Napi::Value Result(Napi::Env env) { return env.Undefined(); }
  [[nodiscard]] virtual const char* Syscall() const = 0;
};

/// Makes the calls on this thread until one succeeds or the time is up (ETIMEDOUT).
Napi::Value RunBlocking(Napi::Env env, BlockingTask& task, Deadline deadline);

/// The signal that interrupts a waiting thread, its handler installed. It does nothing but interrupt.
int WakeSignal();

}  // namespace tsrpcgen
