#pragma once

#include <napi.h>

#include <memory>

#include "util/living.h"
#include "util/pages.h"

namespace tsrpcgen {

/// Shared memory as JavaScript has it.
///
///   buffer        an ArrayBuffer over it, always the same one. It keeps the memory mapped, also where the mapping is
///                 garbage. Only where byteLength is at most what Node lets a buffer have
///   byteLength    bytes; 0 once closed
///   key           what functions take instead of this: see Living::KeyOf
///   lostPages     see `Pages::Lost`
///   close()       detaches the buffer: its views have the length 0 from then on. The memory is let go at once, its
///                 addresses when the buffer is garbage. Again: nothing happens
class Mapping final : public Napi::ObjectWrap<Mapping> {
 public:
  explicit Mapping(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

  static Napi::Function Define(Napi::Env env);
  static Napi::Value New(Napi::Env env, std::shared_ptr<Pages> pages);
  /// Maps `size` bytes of `fd` from `offset`, and yields a Mapping; or leaves an error pending.
  static Napi::Value Map(Napi::Env env, int fd, size_t size, int64_t offset, bool shared, bool writable);
  /// The one at `index`. Leaves a TypeError pending, or EBADF where it is closed, and yields nothing. What is held
  /// stays mapped.
  static std::shared_ptr<Pages> Argument(const Napi::CallbackInfo& info, size_t index, const char* syscall);

 private:
  Napi::Value Buffer(const Napi::CallbackInfo& info);
  Napi::Value Key(const Napi::CallbackInfo& info);
  Napi::Value ByteLength(const Napi::CallbackInfo& info);
  Napi::Value LostPages(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void LetGo(Napi::BasicEnv env);

  Living<Mapping>::Membership known_;
  std::shared_ptr<Pages> pages_;
  /// Weak: the buffer may go while the mapping stays, and the other way round.
  Napi::Reference<Napi::ArrayBuffer> buffer_;
};

/// Adds the class, msync's three forms, and `pageSize()`.
void InitializeMapping(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
