#pragma once

#include <napi.h>

#include <memory>

#include "util/semaphore_memory.h"

namespace tsrpcgen {

/// A named semaphore as JavaScript owns it: closed by `close()`, or when it is garbage.
///
///   new (name, flags, mode, value)   sem_open; new (other): another hold of the same
///   tryWait()                        whether it was above 0
///   wait(callback)                   see WaitThreads::Start
///   waitSync(timeoutMs)
///   post()
///   value
///   close()                          again: nothing happens. Who waits holds it meanwhile
class PosixSemaphore final : public Napi::ObjectWrap<PosixSemaphore> {
 public:
  explicit PosixSemaphore(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);

 private:
  Napi::Value TryWait(const Napi::CallbackInfo& info);
  Napi::Value Wait(const Napi::CallbackInfo& info);
  Napi::Value WaitSync(const Napi::CallbackInfo& info);
  Napi::Value Post(const Napi::CallbackInfo& info);
  Napi::Value GetValue(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  /// Leaves EBADF pending where it is closed.
  bool IsOpen(Napi::Env env, const char* syscall) const;

  std::shared_ptr<SemaphoreMemory> memory_;
};

/// Adds the class, and `semUnlink(name)`.
void InitializePosixSemaphore(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
