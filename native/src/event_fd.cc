#include "event_fd.h"

#if defined(__linux__)
#include <sys/eventfd.h>
#endif
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "descriptor.h"
#include "instance.h"
#include "util/arguments.h"
#include "util/descriptor_io.h"
#include "util/error.h"
#include "util/raw_io.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

constexpr uint64_t max_safe_integer = 9007199254740991;

/// eventfd(initial, semaphore): a Descriptor
Napi::Value Create(const Napi::CallbackInfo& info) {
  const auto initial = SizeArgument(info, 0, "initial");
  if (!initial) return info.Env().Undefined();
  const auto semaphore = BooleanArgument(info, 1, "semaphore");
  if (!semaphore) return info.Env().Undefined();
#if defined(__linux__)
  if (*initial > UINT32_MAX) return Fail(info.Env(), EINVAL, "eventfd");
  UniqueFd fd(eventfd(static_cast<unsigned int>(*initial), EFD_CLOEXEC | (*semaphore ? EFD_SEMAPHORE : 0)));
  if (!fd.Valid()) return Fail(info.Env(), errno, "eventfd");
  return Descriptor::New(info.Env(), std::move(fd));
#else
  return Fail(info.Env(), ENOTSUP, "eventfd");
#endif
}

#if defined(__linux__)
/// 8 bytes written to anything else would be written into it, so it is looked at; without /proc it is believed.
bool IsEventFd(int fd) {
  std::array<char, 64> target{};
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target.data(), target.size());
  if (size < 0) return errno == ENOENT;
  return std::string_view(target.data(), static_cast<size_t>(size)) == "anon_inode:[eventfd]";
}
#endif

/// adoptEventfd(fd): a Descriptor, which owns it
Napi::Value Adopt(const Napi::CallbackInfo& info) {
  const auto number = Int32Argument(info, 0, "fd");
  if (!number) return info.Env().Undefined();
#if defined(__linux__)
  // One that is closed has no name either; fcntl tells so.
  if (*number < 0) return Fail(info.Env(), EBADF, "eventfd");
  if (!IsEventFd(*number)) return Fail(info.Env(), EINVAL, "eventfd");
  if (fcntl(*number, F_SETFD, FD_CLOEXEC) != 0) return Fail(info.Env(), errno, "fcntl");
  return Instance::Of(info.Env()).descriptor.New({info[0]});
#else
  return Fail(info.Env(), ENOTSUP, "eventfd");
#endif
}

/// A number where it is one exactly, else a BigInt.
Napi::Value CountToJavaScript(Napi::Env env, uint64_t count) {
  if (count <= max_safe_integer) return Napi::Number::New(env, static_cast<double>(count));
  return Napi::BigInt::New(env, count);
}

/// As CountToJavaScript has it, below 2^64 - 1. Default 1.
std::optional<uint64_t> CountArgument(const Napi::CallbackInfo& info, size_t index) {
  if (info.Length() <= index) return 1;
  uint64_t count = 0;
  bool whole = false;
  if (napi_get_value_bigint_uint64(info.Env(), info[index], &count, &whole) != napi_ok)
    return SizeArgument(info, index, "count");
  if (whole && count < UINT64_MAX) return count;
  ThrowSystemError(info.Env(), EINVAL, "write");
  return std::nullopt;
}

ssize_t TakeFrom(int fd, uint64_t& count) { return RawRead(fd, &count, sizeof(count)); }
ssize_t AddTo(int fd, uint64_t count) { return RawWrite(fd, &count, sizeof(count)); }

/// eventfdTake(descriptor): the count; undefined where it is 0
Napi::Value Take(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "read");
  if (descriptor == nullptr) return info.Env().Undefined();
  uint64_t count = 0;
  ssize_t size = 0;
  const int error = AttemptOnDescriptor(
      *descriptor, [&](int fd) { return TakeFrom(fd, count); }, size);
  if (error == 0) return CountToJavaScript(info.Env(), count);
  return error == EAGAIN ? info.Env().Undefined() : Fail(info.Env(), error, "read");
}

/// eventfdTakeSync(descriptor, timeoutMs)
Napi::Value TakeSync(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "read");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 1, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  uint64_t count = 0;
  ssize_t size = 0;
  const int error = WaitOnDescriptor(
      *descriptor, POLLIN, *deadline, [&](int fd) { return TakeFrom(fd, count); }, size);
  return error == 0 ? CountToJavaScript(info.Env(), count) : Fail(info.Env(), error, "read");
}

/// eventfdAdd(descriptor, count = 1): whether it had room
Napi::Value Add(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "write");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto count = CountArgument(info, 1);
  if (!count) return info.Env().Undefined();
  ssize_t size = 0;
  const int error = AttemptOnDescriptor(
      *descriptor, [&](int fd) { return AddTo(fd, *count); }, size);
  if (error != 0 && error != EAGAIN) return Fail(info.Env(), error, "write");
  return Napi::Boolean::New(info.Env(), error == 0);
}

/// eventfdAddSync(descriptor, count = 1, timeoutMs)
Napi::Value AddSync(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "write");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto count = CountArgument(info, 1);
  if (!count) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  ssize_t size = 0;
  const int error = WaitOnDescriptor(
      *descriptor, POLLOUT, *deadline, [&](int fd) { return AddTo(fd, *count); }, size);
  return error == 0 ? info.Env().Undefined() : Fail(info.Env(), error, "write");
}

}  // namespace

void InitializeEventFd(Napi::Env env, Napi::Object exports) {
  exports.Set("eventfd", Napi::Function::New<Create>(env, "eventfd"));
  exports.Set("adoptEventfd", Napi::Function::New<Adopt>(env, "adoptEventfd"));
  exports.Set("eventfdTake", Napi::Function::New<Take>(env, "eventfdTake"));
  exports.Set("eventfdTakeSync", Napi::Function::New<TakeSync>(env, "eventfdTakeSync"));
  exports.Set("eventfdAdd", Napi::Function::New<Add>(env, "eventfdAdd"));
  exports.Set("eventfdAddSync", Napi::Function::New<AddSync>(env, "eventfdAddSync"));
}

}  // namespace tsrpcgen
