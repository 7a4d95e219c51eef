#include "memfd.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "descriptor.h"
#include "util/arguments.h"
#include "util/error.h"
#include "util/unique_fd.h"

#if defined(__linux__) && !defined(F_ADD_SEALS)
#include <linux/fcntl.h>
#endif

namespace tsrpcgen {
namespace {

/// memfdCreate(name): a Descriptor, which takes seals
Napi::Value Create(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto name = StringArgument(info, 0, "name");
  if (!name) return env.Undefined();
#if defined(__linux__)
  UniqueFd made(memfd_create(name->c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!made.Valid()) return Fail(env, errno, "memfd_create");
  return Descriptor::New(env, std::move(made));
#else
  return Fail(env, ENOTSUP, "memfd_create");
#endif
}

/// addSeals(descriptor, seals)
Napi::Value AddSeals(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "fcntl");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto seals = Int32Argument(info, 1, "seals");
  if (!seals) return info.Env().Undefined();
#if defined(__linux__)
  if (fcntl(descriptor->Fd(), F_ADD_SEALS, *seals) != 0) return Fail(info.Env(), errno, "fcntl");
  return info.Env().Undefined();
#else
  return Fail(info.Env(), ENOTSUP, "fcntl");
#endif
}

/// getSeals(descriptor): their bits. EINVAL: it can have none.
Napi::Value GetSeals(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "fcntl");
  if (descriptor == nullptr) return info.Env().Undefined();
#if defined(__linux__)
  const int seals = fcntl(descriptor->Fd(), F_GET_SEALS);
  if (seals < 0) return Fail(info.Env(), errno, "fcntl");
  return Napi::Number::New(info.Env(), seals);
#else
  return Fail(info.Env(), ENOTSUP, "fcntl");
#endif
}

}  // namespace

void InitializeMemfd(Napi::Env env, Napi::Object exports) {
  exports.Set("memfdCreate", Napi::Function::New<Create>(env, "memfdCreate"));
  exports.Set("addSeals", Napi::Function::New<AddSeals>(env, "addSeals"));
  exports.Set("getSeals", Napi::Function::New<GetSeals>(env, "getSeals"));
}

}  // namespace tsrpcgen
