#include "sysv_key.h"

#include <sys/ipc.h>

#include <cerrno>

#include "util/arguments.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

/// ftok(path, project): the key
Napi::Value Ftok(const Napi::CallbackInfo& info) {
  const auto path = StringArgument(info, 0, "path");
  if (!path) return info.Env().Undefined();
  const auto project = Int32Argument(info, 1, "project");
  if (!project) return info.Env().Undefined();
  // A key may be -1 too: only errno tells.
  errno = 0;
  const key_t key = ftok(path->c_str(), *project);
  if (key == -1 && errno != 0) return Fail(info.Env(), errno, "ftok");
  return Napi::Number::New(info.Env(), key);
}

}  // namespace

void InitializeSysvKey(Napi::Env env, Napi::Object exports) {
  exports.Set("ftok", Napi::Function::New<Ftok>(env, "ftok"));
}

}  // namespace tsrpcgen
