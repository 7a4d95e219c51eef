#include "sysv_shared_memory.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "mapping.h"
#include "util/arguments.h"
#include "util/error.h"
#include "util/pages.h"
#include "util/sysv_permissions.h"

namespace tsrpcgen {
namespace {

/// shmget(key, size, flags): the id
Napi::Value Get(const Napi::CallbackInfo& info) {
  const auto key = Int32Argument(info, 0, "key");
  if (!key) return info.Env().Undefined();
  const auto size = SizeArgument(info, 1, "size");
  if (!size) return info.Env().Undefined();
  const auto flags = Int32Argument(info, 2, "flags");
  if (!flags) return info.Env().Undefined();
  const int id = shmget(*key, *size, *flags);
  if (id < 0) return Fail(info.Env(), errno, "shmget");
  return Napi::Number::New(info.Env(), id);
}

#if defined(__linux__) && defined(MADV_COLD)
/// Advice that changes nothing but which pages the kernel swaps out first, and that it refuses for huge ones.
bool TakesColdAdvice(void* page) { return madvise(page, static_cast<size_t>(sysconf(_SC_PAGESIZE)), MADV_COLD) == 0; }
#endif

/// Pages that can only be unmapped whole, and that the guard can't replace one by one. The kernel does not tell of
/// them.
bool HasHugePages(void* address) {
#if defined(__linux__) && defined(MADV_COLD)
  if (TakesColdAdvice(address)) return false;
  // Before Linux 5.4, and where all memory is locked, it refuses any.
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* usual = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (usual == MAP_FAILED) return false;
  const bool takes = TakesColdAdvice(usual);
  munmap(usual, size);
  return takes;
#else
  static_cast<void>(address);
  return false;
#endif
}

/// shmat(id, writable): a Mapping, which is detached when it is closed
Napi::Value Attach(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  const auto writable = BooleanArgument(info, 1, "writable");
  if (!writable) return env.Undefined();
  void* address = shmat(*id, nullptr, *writable ? 0 : SHM_RDONLY);
  if (reinterpret_cast<intptr_t>(address) == -1) return Fail(env, errno, "shmat");
  if (HasHugePages(address)) {
    shmdt(address);
    return Fail(env, ENOTSUP, "shmat");
  }
  // Attached, the segment is there whoever removes it.
  shmid_ds status{};
  if (shmctl(*id, IPC_STAT, &status) != 0) {
    const int error = errno;
    shmdt(address);
    return Fail(env, error, "shmctl");
  }
  return Mapping::New(env, Pages::Adopt(address, status.shm_segsz, Pages::Kind::SystemV, *writable));
}

/// shmStat(id)
Napi::Value Stat(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  shmid_ds status{};
  if (shmctl(*id, IPC_STAT, &status) != 0) return Fail(env, errno, "shmctl");
  Napi::Object result = Napi::Object::New(env);
  DescribePermissions(result, status.shm_perm);
  const auto set = [&](const char* name, auto value) {
    result.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("size", status.shm_segsz);
  set("attached", status.shm_nattch);
  set("creatorPid", status.shm_cpid);
  set("lastPid", status.shm_lpid);
  set("lastAttach", status.shm_atime);
  set("lastDetach", status.shm_dtime);
  set("lastChange", status.shm_ctime);
#if defined(SHM_DEST)
  result.Set("removed", Napi::Boolean::New(env, (status.shm_perm.mode & SHM_DEST) != 0));
#endif
  return result;
}

/// shmSet(id, uid, gid, mode): each may be undefined
Napi::Value Set(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  shmid_ds status{};
  if (shmctl(*id, IPC_STAT, &status) != 0) return Fail(env, errno, "shmctl");
  if (!ChangePermissions(info, 1, status.shm_perm)) return env.Undefined();
  if (shmctl(*id, IPC_SET, &status) != 0) return Fail(env, errno, "shmctl");
  return env.Undefined();
}

/// shmRemove(id)
Napi::Value Remove(const Napi::CallbackInfo& info) {
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return info.Env().Undefined();
  if (shmctl(*id, IPC_RMID, nullptr) != 0) return Fail(info.Env(), errno, "shmctl");
  return info.Env().Undefined();
}

}  // namespace

void InitializeSysvSharedMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("shmget", Napi::Function::New<Get>(env, "shmget"));
  exports.Set("shmat", Napi::Function::New<Attach>(env, "shmat"));
  exports.Set("shmStat", Napi::Function::New<Stat>(env, "shmStat"));
  exports.Set("shmSet", Napi::Function::New<Set>(env, "shmSet"));
  exports.Set("shmRemove", Napi::Function::New<Remove>(env, "shmRemove"));
}

}  // namespace tsrpcgen
