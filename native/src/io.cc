#include "io.h"

#include "descriptor.h"
#include "util/arguments.h"
#include "util/descriptor_io.h"
#include "util/error.h"
#include "util/raw_io.h"

namespace tsrpcgen {
namespace {

/// read(descriptor, bytes): how many were read, 0 at the end, undefined where there is nothing yet.
Napi::Value Read(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "read");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto bytes = BytesArgument(info, 1, "bytes");
  if (!bytes) return info.Env().Undefined();
  return TryOnDescriptor(info.Env(), *descriptor, "read",
                         [&](int fd) { return RawRead(fd, bytes->data, bytes->size); });
}

/// readSync(descriptor, bytes, timeoutMs)
Napi::Value ReadSync(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "read");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto bytes = BytesArgument(info, 1, "bytes");
  if (!bytes) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return BlockOnDescriptor(info.Env(), *descriptor, "read", POLLIN, *deadline,
                           [&](int fd) { return RawRead(fd, bytes->data, bytes->size); });
}

/// write(descriptor, bytes): how many were written, undefined where there is no room.
Napi::Value Write(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "write");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto bytes = BytesArgument(info, 1, "bytes");
  if (!bytes) return info.Env().Undefined();
  return TryOnDescriptor(info.Env(), *descriptor, "write",
                         [&](int fd) { return RawWrite(fd, bytes->data, bytes->size); });
}

/// writeSync(descriptor, bytes, timeoutMs)
Napi::Value WriteSync(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "write");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto bytes = BytesArgument(info, 1, "bytes");
  if (!bytes) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return BlockOnDescriptor(info.Env(), *descriptor, "write", POLLOUT, *deadline,
                           [&](int fd) { return RawWrite(fd, bytes->data, bytes->size); });
}

/// pollSync(descriptor, events, timeoutMs): waits for readable (1) or writable (2); false where the time was up.
Napi::Value PollSync(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "poll");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto events = Int32Argument(info, 1, "events");
  if (!events) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  const int wanted = ((*events & 1) != 0 ? POLLIN : 0) | ((*events & 2) != 0 ? POLLOUT : 0);
  const int error = WaitForDescriptor(descriptor->Fd(), static_cast<short>(wanted), *deadline);
  if (error != 0 && error != ETIMEDOUT) return Fail(info.Env(), error, "poll");
  return Napi::Boolean::New(info.Env(), error == 0);
}

}  // namespace

void InitializeIo(Napi::Env env, Napi::Object exports) {
  exports.Set("read", Napi::Function::New<Read>(env, "read"));
  exports.Set("readSync", Napi::Function::New<ReadSync>(env, "readSync"));
  exports.Set("write", Napi::Function::New<Write>(env, "write"));
  exports.Set("writeSync", Napi::Function::New<WriteSync>(env, "writeSync"));
  exports.Set("pollSync", Napi::Function::New<PollSync>(env, "pollSync"));
}

}  // namespace tsrpcgen
