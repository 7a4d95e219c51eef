#include "descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "instance.h"
#include "util/accessors.h"
#include "util/arguments.h"
#include "util/call_javascript.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

Napi::Value DuplicateDescriptor(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::optional<int> fd = Int32Argument(info, 0, "fd");
  if (!fd) return env.Undefined();
  const int copy = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0) return Fail(env, errno, "fcntl");
  return Napi::Number::New(env, copy);
}

}  // namespace

Napi::Function Descriptor::Define(Napi::Env env) {
  Napi::Function constructor = DefineClass(
      env, "Descriptor",
      {InstanceMethod<&Descriptor::GetFd>("fd", napi_configurable),
       InstanceMethod<&Descriptor::Key>("key", napi_configurable), InstanceMethod<&Descriptor::Close>("close"),
       InstanceMethod<&Descriptor::Release>("release"), InstanceMethod<&Descriptor::Wait>("wait"),
       InstanceMethod<&Descriptor::Rest>("rest"), InstanceMethod<&Descriptor::UnrefWait>("unref")});
  MakeAccessors(constructor, {"fd", "key"});
  return constructor;
}

Descriptor::Descriptor(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  const std::optional<int> fd = Int32Argument(info, 0, "fd");
  // In a worker that is being terminated Node may refuse to tie the two together: then nobody would ever delete this.
  if (!fd || IsEmpty()) return;
  const int flags = fcntl(*fd, F_GETFL);
  if (flags < 0) {
    ThrowSystemError(info.Env(), errno, "fcntl");
    return;
  }
  non_blocking_ = (flags & O_NONBLOCK) != 0;
  fd_ = UniqueFd(*fd);
  Instance::Of(info.Env()).owned_fd = *fd;
  known_ = {Instance::Of(info.Env()).descriptors, this};
}

Napi::Value Descriptor::New(Napi::Env env, UniqueFd fd) {
  Instance& instance = Instance::Of(env);
  instance.owned_fd = -1;
  const Napi::Value made = instance.descriptor.New({Napi::Number::New(env, fd.Get())});
  // There may be an object that owns nothing, and what owns it where no object is to be had.
  if (instance.owned_fd == fd.Get()) fd.Release();
  return made;
}

Descriptor* Descriptor::Argument(const Napi::CallbackInfo& info, size_t index, const char* syscall) {
  Descriptor* self = Instance::Of(info.Env()).descriptors->Find(info[index]);
  if (self == nullptr) {
    Throw(Napi::TypeError::New(info.Env(), "a Descriptor is expected"));
    return nullptr;
  }
  if (self->fd_.Valid()) return self;
  ThrowSystemError(info.Env(), EBADF, syscall);
  return nullptr;
}

int Descriptor::MakeNonBlocking() {
  if (non_blocking_) return 0;
  const int flags = fcntl(Fd(), F_GETFL);
  if (flags < 0 || fcntl(Fd(), F_SETFL, flags | O_NONBLOCK) < 0) return errno;
  non_blocking_ = true;
  return 0;
}

Napi::Value Descriptor::GetFd(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), Fd()); }

Napi::Value Descriptor::Key(const Napi::CallbackInfo& info) { return Living<Descriptor>::KeyOf(info.Env(), this); }

void Descriptor::StopPolling() {
  poll_.reset();
  watched_ = 0;
  if (std::exchange(waiting_, false)) Unref();
}

void Descriptor::Close(const Napi::CallbackInfo& /*info*/) {
  StopPolling();
  fd_.Reset();
}

Napi::Value Descriptor::Release(const Napi::CallbackInfo& info) {
  StopPolling();
  return Napi::Number::New(info.Env(), fd_.Release());
}

void Descriptor::Wait(const Napi::CallbackInfo& info) {
  const std::optional<int> events = Int32Argument(info, 0, "events");
  if (!events) return;
  // libuv ends the process where it is told others.
  if (*events < 1 || *events > (UV_READABLE | UV_WRITABLE)) return ThrowSystemError(info.Env(), EINVAL, "poll");
  if (!fd_.Valid()) return ThrowSystemError(info.Env(), EBADF, "poll");
  int error = 0;
  if (!poll_) {
    poll_ = PollHandle::Open(info.Env(), Fd(), *this, error);
    if (!poll_) return ThrowSystemError(info.Env(), -error, "poll");
    // libuv has set it.
    non_blocking_ = true;
  }
  if (watched_ != *events) {
    error = poll_->Start(*events);
    if (error != 0) return ThrowSystemError(info.Env(), -error, "poll");
    watched_ = *events;
  }
  if (std::exchange(waiting_, true)) return;
  Ref();
  poll_->Ref();
}

void Descriptor::Rest(const Napi::CallbackInfo& /*info*/) {
  if (!std::exchange(waiting_, false)) return;
  Unref();
  if (poll_) poll_->Unref();
}

void Descriptor::UnrefWait(const Napi::CallbackInfo& /*info*/) {
  if (poll_) poll_->Unref();
}

void Descriptor::OnPoll(int status, int events) {
  // libuv stops by itself when there is an error: the attempt at reading or writing tells which.
  if (status < 0) watched_ = 0;
  if (!waiting_) {
    if (status == 0) poll_->Stop();
    watched_ = 0;
    return;
  }
  const Napi::Env env = Env();
  const Napi::HandleScope scope(env);
  const int ready = status < 0 ? UV_READABLE | UV_WRITABLE : events;
  CallJavaScript(Value(), "onReady", {Napi::Number::New(env, ready)});
}

void InitializeDescriptor(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = Descriptor::Define(env);
  Instance::Of(env).descriptor = Napi::Persistent(constructor);
  exports.Set("Descriptor", constructor);
  exports.Set("duplicateDescriptor", Napi::Function::New<DuplicateDescriptor>(env, "duplicateDescriptor"));
}

}  // namespace tsrpcgen
