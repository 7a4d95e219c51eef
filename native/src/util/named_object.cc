#include "named_object.h"

#include <cerrno>
#include <utility>

#include "arguments.h"
#include "error.h"

namespace tsrpcgen {

std::optional<OpenArguments> OpenArgumentsOf(const Napi::CallbackInfo& info) {
  auto name = StringArgument(info, 0, "name");
  if (!name) return std::nullopt;
  const auto flags = Int32Argument(info, 1, "flags");
  if (!flags) return std::nullopt;
  const auto mode = Int32Argument(info, 2, "mode");
  if (!mode) return std::nullopt;
  return OpenArguments{*std::move(name), *flags, static_cast<mode_t>(*mode)};
}

Napi::Value UnlinkName(const Napi::CallbackInfo& info, int (*unlink)(const char*), const char* syscall) {
  const auto name = StringArgument(info, 0, "name");
  if (!name) return info.Env().Undefined();
  if (unlink(name->c_str()) != 0) return Fail(info.Env(), errno, syscall);
  return info.Env().Undefined();
}

}  // namespace tsrpcgen
