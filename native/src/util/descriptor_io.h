#pragma once

#include <napi.h>
#include <poll.h>
#include <sys/types.h>

#include <cerrno>

#include "../descriptor.h"
#include "deadline.h"
#include "error.h"

namespace tsrpcgen {

/// Waits until one of poll's `events` is there. @returns 0, ETIMEDOUT or errno
int WaitForDescriptor(int fd, short events, Deadline deadline);

/// One go at a call on a descriptor, without waiting: `call(fd)` returns what read(2) would.
/// @returns 0, EAGAIN where it would have had to wait, or errno
template <typename Call>
int AttemptOnDescriptor(Descriptor& descriptor, Call call, ssize_t& result) {
  const int refused = descriptor.MakeNonBlocking();
  if (refused != 0) return refused;
  do result = call(descriptor.Fd());
  while (result < 0 && errno == EINTR);
  if (result >= 0) return 0;
  return errno == EWOULDBLOCK ? EAGAIN : errno;
}

/// The same, waiting on this thread. A descriptor that nobody has used otherwise stays blocking, and the call itself
/// waits: one call of the kernel, as in C. @returns 0, ETIMEDOUT or errno
template <typename Call>
int WaitOnDescriptor(Descriptor& descriptor, short events, Deadline deadline, Call call, ssize_t& result) {
  if (deadline.Bounded()) {
    const int refused = descriptor.MakeNonBlocking();
    if (refused != 0) return refused;
  }
  for (bool again = false;; again = true) {
    result = call(descriptor.Fd());
    if (result >= 0) return 0;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return errno;
    // poll may say that it is ready for as long as it likes: so it does of a datagram socket that is shut for reading.
    if (again && deadline.Passed()) return ETIMEDOUT;
    const int error = WaitForDescriptor(descriptor.Fd(), events, deadline);
    if (error != 0) return error;
  }
}

/// `AttemptOnDescriptor` as a function of the addon: what the call returned, or undefined where it would have had to
/// wait.
template <typename Call>
Napi::Value TryOnDescriptor(Napi::Env env, Descriptor& descriptor, const char* syscall, Call call) {
  ssize_t result = 0;
  const int error = AttemptOnDescriptor(descriptor, call, result);
  if (error == 0) return Napi::Number::New(env, static_cast<double>(result));
  return error == EAGAIN ? env.Undefined() : Fail(env, error, syscall);
}

/// `WaitOnDescriptor` as a function of the addon.
template <typename Call>
Napi::Value BlockOnDescriptor(Napi::Env env, Descriptor& descriptor, const char* syscall, short events,
                              Deadline deadline, Call call) {
  ssize_t result = 0;
  const int error = WaitOnDescriptor(descriptor, events, deadline, call, result);
  return error == 0 ? Napi::Number::New(env, static_cast<double>(result)) : Fail(env, error, syscall);
}

}  // namespace tsrpcgen
