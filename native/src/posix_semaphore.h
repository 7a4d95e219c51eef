#pragma once

#include <napi.h>

#include <memory>

#include "util/living.h"
#include "util/semaphore_memory.h"

namespace tsrpcgen {

/// A named semaphore as JavaScript owns it: closed by `close()`, or when it is garbage.
///
///   new (name, flags, mode, value)   sem_open; new (other): another hold of the same
///   key                              what functions take instead of this: see Living::KeyOf
///   wait(callback)                   see WaitThreads::Start
///   value
///   close()                          again: nothing happens. Who waits holds it meanwhile
class PosixSemaphore final : public Napi::ObjectWrap<PosixSemaphore> {
 public:
  explicit PosixSemaphore(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);
  /// The memory of the one at `index`, which stays until JavaScript runs again. Leaves a TypeError pending, or EBADF
  /// where it is closed, and yields nothing.
  static const std::shared_ptr<SemaphoreMemory>* Argument(const Napi::CallbackInfo& info, size_t index,
                                                          const char* syscall);

 private:
  Napi::Value Key(const Napi::CallbackInfo& info);
  Napi::Value Wait(const Napi::CallbackInfo& info);
  Napi::Value GetValue(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  /// Leaves EBADF pending where it is closed.
  bool IsOpen(Napi::Env env, const char* syscall) const;

  Living<PosixSemaphore>::Membership known_;
  std::shared_ptr<SemaphoreMemory> memory_;
};

/// Adds the class; `semUnlink(name)`; and what is called all the time, each with a semaphore's key: `semTryWait(key)`
/// (whether it was above 0), `semWaitSync(key, timeoutMs)`, `semPost(key)`.
void InitializePosixSemaphore(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
