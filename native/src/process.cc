#include "process.h"

#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "descriptor.h"
#include "util/arguments.h"
#include "util/error.h"
#include "util/unique_fd.h"

// The kernel's numbers are the same on every architecture; glibc 2.35 and older headers lack the names.
#if defined(__linux__) && !defined(SYS_pidfd_open)
#define SYS_pidfd_open 434
#endif
#if defined(__linux__) && !defined(SYS_pidfd_send_signal)
#define SYS_pidfd_send_signal 424
#endif

namespace tsrpcgen {
namespace {

/// pidfdOpen(pid): a Descriptor, readable once the process has ended. The kernel makes it close-on-exec.
Napi::Value Open(const Napi::CallbackInfo& info) {
  const auto pid = Int32Argument(info, 0, "pid");
  if (!pid) return info.Env().Undefined();
#if defined(__linux__)
  UniqueFd fd(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  if (!fd.Valid()) return Fail(info.Env(), errno, "pidfd_open");
  return Descriptor::New(info.Env(), std::move(fd));
#else
  return Fail(info.Env(), ENOTSUP, "pidfd_open");
#endif
}

/// pidfdSendSignal(descriptor, signal)
Napi::Value SendSignal(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "pidfd_send_signal");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto number = Int32Argument(info, 1, "signal");
  if (!number) return info.Env().Undefined();
#if defined(__linux__)
  if (syscall(SYS_pidfd_send_signal, descriptor->Fd(), *number, nullptr, 0) != 0)
    return Fail(info.Env(), errno, "pidfd_send_signal");
  return info.Env().Undefined();
#else
  return Fail(info.Env(), ENOTSUP, "pidfd_send_signal");
#endif
}

}  // namespace

void InitializeProcess(Napi::Env env, Napi::Object exports) {
  exports.Set("pidfdOpen", Napi::Function::New<Open>(env, "pidfdOpen"));
  exports.Set("pidfdSendSignal", Napi::Function::New<SendSignal>(env, "pidfdSendSignal"));
}

}  // namespace tsrpcgen
