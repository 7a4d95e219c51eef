#pragma once

#include <napi.h>
#include <sys/ipc.h>

namespace tsrpcgen {

/// Adds { uid, gid, creatorUid, creatorGid, mode }, the mode's nine bits of permissions.
void DescribePermissions(Napi::Object& result, const ipc_perm& permissions);

/// Puts into `permissions` the uid, gid and mode that are given from the argument `first` on: each may be undefined,
/// and stays as it is then. @returns false with a TypeError pending
bool ChangePermissions(const Napi::CallbackInfo& info, size_t first, ipc_perm& permissions);

}  // namespace tsrpcgen
