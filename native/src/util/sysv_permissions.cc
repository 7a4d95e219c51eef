#include "sysv_permissions.h"

#include <cstdint>
#include <limits>
#include <optional>

#include "arguments.h"
#include "error.h"

namespace tsrpcgen {
namespace {

/// A user's or group's number. 2^32 + 5 must not be taken for the user 5; and 2^32 - 1 is nobody's, it is -1.
std::optional<uint32_t> OwnerArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const auto number = SizeArgument(info, index, name);
  if (!number) return std::nullopt;
  if (*number < std::numeric_limits<uint32_t>::max()) return static_cast<uint32_t>(*number);
  Throw(Napi::RangeError::New(info.Env(), "uid and gid must be below 4294967295"));
  return std::nullopt;
}

}  // namespace

void DescribePermissions(Napi::Object& result, const ipc_perm& permissions) {
  const Napi::Env env = result.Env();
  result.Set("uid", Napi::Number::New(env, permissions.uid));
  result.Set("gid", Napi::Number::New(env, permissions.gid));
  result.Set("creatorUid", Napi::Number::New(env, permissions.cuid));
  result.Set("creatorGid", Napi::Number::New(env, permissions.cgid));
  result.Set("mode", Napi::Number::New(env, permissions.mode & 0777U));
}

bool ChangePermissions(const Napi::CallbackInfo& info, size_t first, ipc_perm& permissions) {
  if (!info[first].IsUndefined()) {
    const auto uid = OwnerArgument(info, first, "uid");
    if (!uid) return false;
    permissions.uid = *uid;
  }
  if (!info[first + 1].IsUndefined()) {
    const auto gid = OwnerArgument(info, first + 1, "gid");
    if (!gid) return false;
    permissions.gid = *gid;
  }
  if (!info[first + 2].IsUndefined()) {
    const auto mode = Int32Argument(info, first + 2, "mode");
    if (!mode) return false;
    permissions.mode = static_cast<decltype(permissions.mode)>(static_cast<unsigned>(*mode) & 0777U);
  }
  return true;
}

}  // namespace tsrpcgen
