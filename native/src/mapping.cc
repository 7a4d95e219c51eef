#include "mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "instance.h"
#include "util/arguments.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

constexpr napi_type_tag mapping_tag = {0x1f0c9f6d7e0b4e58, 0xb7c2a46d90e3815f};

}  // namespace

Napi::Function Mapping::Define(Napi::Env env) {
  return DefineClass(
      env, "Mapping",
      {InstanceAccessor<&Mapping::Buffer>("buffer"), InstanceAccessor<&Mapping::ByteLength>("byteLength"),
       InstanceAccessor<&Mapping::LostPages>("lostPages"), InstanceMethod<&Mapping::Close>("close"),
       InstanceMethod<&Mapping::Sync>("sync")});
}

Mapping::Mapping(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (!info[0].IsExternal()) {
    Napi::TypeError::New(info.Env(), "a Mapping is made by what maps").ThrowAsJavaScriptException();
    return;
  }
  pages_ = *info[0].As<Napi::External<std::shared_ptr<Pages>>>().Data();
  Value().TypeTag(&mapping_tag);
}

Napi::Value Mapping::New(Napi::Env env, std::shared_ptr<Pages> pages) {
  if (!pages) return Fail(env, ENOMEM, "mmap");
  return Instance::Of(env).mapping.New({Napi::External<std::shared_ptr<Pages>>::New(env, &pages)});
}

Napi::Value Mapping::Map(Napi::Env env, int fd, size_t size, int64_t offset, bool shared, bool writable) {
  if (size == 0) return Fail(env, EINVAL, "mmap");
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* address = mmap(nullptr, size, protection, shared ? MAP_SHARED : MAP_PRIVATE, fd, offset);
  if (address == MAP_FAILED) return Fail(env, errno, "mmap");
  return New(env, Pages::Adopt(address, size, Pages::Kind::Mapped, writable));
}

std::shared_ptr<Pages> Mapping::Argument(const Napi::CallbackInfo& info, size_t index, const char* syscall) {
  const Napi::Value value = info[index];
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&mapping_tag)) {
    Napi::TypeError::New(info.Env(), "a Mapping is expected").ThrowAsJavaScriptException();
    return nullptr;
  }
  Mapping* self = Unwrap(value.As<Napi::Object>());
  if (!self->pages_) ThrowSystemError(info.Env(), EBADF, syscall);
  return self->pages_;
}

Napi::Value Mapping::Buffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!pages_) return Fail(env, EBADF, "mmap");
  if (!buffer_.IsEmpty()) {
    Napi::ArrayBuffer made = buffer_.Value();
    if (!made.IsEmpty()) return made;
  }
  auto* held = new std::shared_ptr<Pages>(pages_);
  const Napi::ArrayBuffer made = Napi::ArrayBuffer::New(
      env, pages_->Data(), pages_->Size(),
      [](Napi::BasicEnv /*env*/, void* /*data*/, std::shared_ptr<Pages>* hint) { delete hint; }, held);
  if (env.IsExceptionPending()) return env.Undefined();
  buffer_ = Napi::Weak(made);
  held_by_buffer_ = held;
  return made;
}

Napi::Value Mapping::ByteLength(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pages_ ? static_cast<double>(pages_->Size()) : 0);
}

Napi::Value Mapping::LostPages(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pages_ ? static_cast<double>(pages_->Lost()) : 0);
}

void Mapping::Close(const Napi::CallbackInfo& /*info*/) {
  if (!buffer_.IsEmpty()) {
    Napi::ArrayBuffer made = buffer_.Value();
    // Detached by another, it has handed the memory on (`ArrayBuffer.transfer`): that one keeps it.
    if (!made.IsEmpty() && !made.IsDetached()) {
      // Nobody reaches the memory by it any more; it would let go only when the loop turns.
      std::shared_ptr<Pages> let_go = std::exchange(*held_by_buffer_, nullptr);
      made.Detach();
      // What can't be detached still shows the memory.
      if (!made.IsDetached()) *held_by_buffer_ = std::move(let_go);
    }
    buffer_.Reset();
  }
  pages_.reset();
}

void Mapping::Sync(const Napi::CallbackInfo& info) {
  const auto offset = SizeArgument(info, 0, "offset");
  if (!offset) return;
  const auto length = SizeArgument(info, 1, "length");
  if (!length) return;
  const auto wait = BooleanArgument(info, 2, "wait");
  if (!wait) return;
  if (!pages_) return ThrowSystemError(info.Env(), EBADF, "msync");
  if (*offset > pages_->Size() || *length > pages_->Size() - *offset)
    return ThrowSystemError(info.Env(), EINVAL, "msync");
  // The kernel wants the address of a page.
  const size_t into_page = *offset % static_cast<size_t>(sysconf(_SC_PAGESIZE));
  if (msync(pages_->Data() + *offset - into_page, *length + into_page, *wait ? MS_SYNC : MS_ASYNC) != 0)
    ThrowSystemError(info.Env(), errno, "msync");
}

void InitializeMapping(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = Mapping::Define(env);
  Instance::Of(env).mapping = Napi::Persistent(constructor);
  exports.Set("Mapping", constructor);
}

}  // namespace tsrpcgen
