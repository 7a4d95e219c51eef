#pragma once

#include <napi.h>
#include <poll.h>

#include <cerrno>

#include "../descriptor.h"
#include "deadline.h"
#include "error.h"

namespace tsrpcgen {

/// Waits until one of poll's `events` is there. @returns 0, ETIMEDOUT or errno
int WaitForDescriptor(int fd, short events, Deadline deadline);

/// One go at a call on a descriptor, without waiting: `call(fd)` returns what read(2) would. What it returned, or
/// undefined where it would have had to wait.
template <typename Call>
Napi::Value TryOnDescriptor(Napi::Env env, Descriptor& descriptor, const char* syscall, Call call) {
  const int refused = descriptor.MakeNonBlocking();
  if (refused != 0) return Fail(env, refused, "fcntl");
  auto result = call(descriptor.Fd());
  while (result < 0 && errno == EINTR) result = call(descriptor.Fd());
  if (result >= 0) return Napi::Number::New(env, static_cast<double>(result));
  if (errno == EAGAIN || errno == EWOULDBLOCK) return env.Undefined();
  return Fail(env, errno, syscall);
}

/// The same, waiting on this thread. A descriptor that nobody has used otherwise stays blocking, and the call itself
/// waits: one call of the kernel, as in C.
template <typename Call>
Napi::Value BlockOnDescriptor(Napi::Env env, Descriptor& descriptor, const char* syscall, short events,
                              Deadline deadline, Call call) {
  if (deadline.Bounded()) {
    const int refused = descriptor.MakeNonBlocking();
    if (refused != 0) return Fail(env, refused, "fcntl");
  }
  for (;;) {
    const auto result = call(descriptor.Fd());
    if (result >= 0) return Napi::Number::New(env, static_cast<double>(result));
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return Fail(env, errno, syscall);
    const int error = WaitForDescriptor(descriptor.Fd(), events, deadline);
    if (error != 0) return Fail(env, error, syscall);
  }
}

}  // namespace tsrpcgen
