#include "posix_semaphore.h"

#include <semaphore.h>

#include <cerrno>
#include <climits>
#include <utility>

#include "instance.h"
#include "util/accessors.h"
#include "util/arguments.h"
#include "util/blocking_task.h"
#include "util/error.h"
#include "util/named_object.h"

namespace tsrpcgen {
namespace {

constexpr napi_type_tag semaphore_tag = {0x53d1f7ab8e2c4960, 0xa41b0c9d65f27e38};

class WaitTask final : public BlockingTask {
 public:
  explicit WaitTask(std::shared_ptr<SemaphoreMemory> memory) : memory_(std::move(memory)) {}
  int Attempt() override { return memory_->Wait(); }
  [[nodiscard]] const char* Syscall() const override { return "sem_wait"; }

 private:
  std::shared_ptr<SemaphoreMemory> memory_;
};

Napi::Value Unlink(const Napi::CallbackInfo& info) { return UnlinkName(info, sem_unlink, "sem_unlink"); }

}  // namespace

Napi::Function PosixSemaphore::Define(Napi::Env env) {
  Napi::Function constructor =
      DefineClass(env, "PosixSemaphore",
                  {InstanceMethod<&PosixSemaphore::TryWait>("tryWait"), InstanceMethod<&PosixSemaphore::Wait>("wait"),
                   InstanceMethod<&PosixSemaphore::WaitSync>("waitSync"), InstanceMethod<&PosixSemaphore::Post>("post"),
                   InstanceMethod<&PosixSemaphore::GetValue>("value", napi_configurable),
                   InstanceMethod<&PosixSemaphore::Close>("close")});
  MakeAccessors(constructor, {"value"});
  return constructor;
}

PosixSemaphore::PosixSemaphore(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Value().TypeTag(&semaphore_tag);
  if (info[0].IsObject() && info[0].As<Napi::Object>().CheckTypeTag(&semaphore_tag)) {
    memory_ = Unwrap(info[0].As<Napi::Object>())->memory_;
    return;
  }
  const auto arguments = OpenArgumentsOf(info);
  if (!arguments) return;
  const auto value = SizeArgument(info, 3, "value");
  if (!value) return;
  int error = *value > SEM_VALUE_MAX ? EINVAL : 0;
  if (error == 0) {
    memory_ =
        SemaphoreMemory::Open(arguments->name, arguments->flags, arguments->mode, static_cast<unsigned>(*value), error);
  }
  if (!memory_) ThrowSystemError(info.Env(), error, "sem_open");
}

bool PosixSemaphore::IsOpen(Napi::Env env, const char* syscall) const {
  if (memory_) return true;
  ThrowSystemError(env, EBADF, syscall);
  return false;
}

Napi::Value PosixSemaphore::TryWait(const Napi::CallbackInfo& info) {
  if (!IsOpen(info.Env(), "sem_trywait")) return info.Env().Undefined();
  const int error = memory_->TryWait();
  if (error != 0 && error != EAGAIN) return Fail(info.Env(), error, "sem_trywait");
  return Napi::Boolean::New(info.Env(), error == 0);
}

Napi::Value PosixSemaphore::Wait(const Napi::CallbackInfo& info) {
  if (!IsOpen(info.Env(), "sem_wait")) return info.Env().Undefined();
  const auto callback = FunctionArgument(info, 0, "callback");
  if (!callback) return info.Env().Undefined();
  return Instance::Threads(info.Env()).Start(info.Env(), std::make_unique<WaitTask>(memory_), *callback);
}

Napi::Value PosixSemaphore::WaitSync(const Napi::CallbackInfo& info) {
  if (!IsOpen(info.Env(), "sem_wait")) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 0, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  // What is there now needs no alarm.
  if (memory_->TryWait() == 0) return info.Env().Undefined();
  WaitTask task(memory_);
  return RunBlocking(info.Env(), task, *deadline);
}

Napi::Value PosixSemaphore::Post(const Napi::CallbackInfo& info) {
  if (!IsOpen(info.Env(), "sem_post")) return info.Env().Undefined();
  const int error = memory_->Post();
  return error == 0 ? info.Env().Undefined() : Fail(info.Env(), error, "sem_post");
}

Napi::Value PosixSemaphore::GetValue(const Napi::CallbackInfo& info) {
  if (!IsOpen(info.Env(), "sem_getvalue")) return info.Env().Undefined();
  int value = 0;
  const int error = memory_->Value(value);
  return error == 0 ? Napi::Number::New(info.Env(), value) : Fail(info.Env(), error, "sem_getvalue");
}

void PosixSemaphore::Close(const Napi::CallbackInfo& /*info*/) { memory_.reset(); }

void InitializePosixSemaphore(Napi::Env env, Napi::Object exports) {
  exports.Set("PosixSemaphore", PosixSemaphore::Define(env));
  exports.Set("semUnlink", Napi::Function::New<Unlink>(env, "semUnlink"));
}

}  // namespace tsrpcgen
