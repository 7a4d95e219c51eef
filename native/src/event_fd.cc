#include "event_fd.h"

#if defined(__linux__)
#include <sys/eventfd.h>
#endif
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "descriptor.h"
#include "instance.h"
#include "util/arguments.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

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

}  // namespace

void InitializeEventFd(Napi::Env env, Napi::Object exports) {
  exports.Set("eventfd", Napi::Function::New<Create>(env, "eventfd"));
  exports.Set("adoptEventfd", Napi::Function::New<Adopt>(env, "adoptEventfd"));
}

}  // namespace tsrpcgen
