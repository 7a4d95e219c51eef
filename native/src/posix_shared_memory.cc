#include "posix_shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "descriptor.h"
#include "mapping.h"
#include "util/arguments.h"
#include "util/error.h"
#include "util/named_object.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

/// shmOpen(name, flags, mode): a Descriptor
Napi::Value Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto arguments = OpenArgumentsOf(info);
  if (!arguments) return env.Undefined();
  UniqueFd opened(shm_open(arguments->name.c_str(), arguments->flags | O_CLOEXEC, arguments->mode));
  if (!opened.Valid()) return Fail(env, errno, "shm_open");
  return Descriptor::New(env, std::move(opened));
}

/// shmUnlink(name)
Napi::Value Unlink(const Napi::CallbackInfo& info) { return UnlinkName(info, shm_unlink, "shm_unlink"); }

Napi::Value Resize(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "ftruncate");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto bytes = SizeArgument(info, 1, "bytes");
  if (!bytes) return info.Env().Undefined();
  if (ftruncate(descriptor->Fd(), static_cast<off_t>(*bytes)) != 0) return Fail(info.Env(), errno, "ftruncate");
  return info.Env().Undefined();
}

Napi::Value SizeOf(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "fstat");
  if (descriptor == nullptr) return info.Env().Undefined();
  struct stat status {};
  if (fstat(descriptor->Fd(), &status) != 0) return Fail(info.Env(), errno, "fstat");
  return Napi::Number::New(info.Env(), static_cast<double>(status.st_size));
}

/// map(descriptor, size, offset, shared, writable): a Mapping, which stays when the descriptor is closed
Napi::Value Map(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "mmap");
  if (descriptor == nullptr) return env.Undefined();
  const auto size = SizeArgument(info, 1, "size");
  if (!size) return env.Undefined();
  const auto offset = SizeArgument(info, 2, "offset");
  if (!offset) return env.Undefined();
  const auto shared = BooleanArgument(info, 3, "shared");
  if (!shared) return env.Undefined();
  const auto writable = BooleanArgument(info, 4, "writable");
  if (!writable) return env.Undefined();
  return Mapping::Map(env, descriptor->Fd(), *size, static_cast<int64_t>(*offset), *shared, *writable);
}

}  // namespace

void InitializePosixSharedMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("shmOpen", Napi::Function::New<Open>(env, "shmOpen"));
  exports.Set("shmUnlink", Napi::Function::New<Unlink>(env, "shmUnlink"));
  exports.Set("resize", Napi::Function::New<Resize>(env, "resize"));
  exports.Set("sizeOf", Napi::Function::New<SizeOf>(env, "sizeOf"));
  exports.Set("map", Napi::Function::New<Map>(env, "map"));
}

}  // namespace tsrpcgen
