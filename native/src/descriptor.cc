#include "descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "util/arguments.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

Napi::Value DuplicateDescriptor(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::optional<int> fd = Int32Argument(info, 0, "fd");
  if (!fd) return env.Undefined();
  const int copy = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0) {
    ThrowSystemError(env, errno, "fcntl");
    return env.Undefined();
  }
  return Napi::Number::New(env, copy);
}

}  // namespace

void InitializeDescriptor(Napi::Env env, Napi::Object exports) {
  exports.Set("duplicateDescriptor", Napi::Function::New<DuplicateDescriptor>(env, "duplicateDescriptor"));
}

}  // namespace tsrpcgen
