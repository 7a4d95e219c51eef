#pragma once

#include <napi.h>
#include <sys/types.h>

#include <optional>
#include <string>

namespace tsrpcgen {

/// How a named object of POSIX (shared memory, a message queue, a semaphore) is opened.
struct OpenArguments {
  std::string name;
  /// Of open(2), without O_CLOEXEC.
  int flags;
  mode_t mode;
};

/// The first three arguments. Yields nothing, and leaves a TypeError pending, where one is not what it has to be.
std::optional<OpenArguments> OpenArgumentsOf(const Napi::CallbackInfo& info);

/// Removes the name that the first argument is. Fails with what `unlink` leaves in errno.
Napi::Value UnlinkName(const Napi::CallbackInfo& info, int (*unlink)(const char*), const char* syscall);

}  // namespace tsrpcgen
