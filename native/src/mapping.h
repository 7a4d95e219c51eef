#pragma once

#include <napi.h>

#include <memory>

#include "util/pages.h"

namespace tsrpcgen {

/// Shared memory as JavaScript has it.
///
///   buffer        an ArrayBuffer over it, always the same one. It keeps the memory mapped, also where the mapping is
///   garbage byteLength    bytes; 0 once closed lostPages     see `Pages::Lost` close()       detaches the buffer: its
///   views have the length 0 from then on. Again: nothing happens sync(offset, length, wait)   msync of whole pages
class Mapping final : public Napi::ObjectWrap<Mapping> {
 public:
  explicit Mapping(const Napi::CallbackInfo& info);

  static Napi::Function Define(Napi::Env env);
  static Napi::Value New(Napi::Env env, std::shared_ptr<Pages> pages);
  /// Maps `size` bytes of `fd` from `offset`, and yields a Mapping; or leaves an error pending.
  static Napi::Value Map(Napi::Env env, int fd, size_t size, int64_t offset, bool shared, bool writable);
  /// The one at `index`. Leaves a TypeError pending, or EBADF where it is closed, and yields nothing. What is held
  /// stays mapped.
  static std::shared_ptr<Pages> Argument(const Napi::CallbackInfo& info, size_t index, const char* syscall);

 private:
  Napi::Value Buffer(const Napi::CallbackInfo& info);
  Napi::Value ByteLength(const Napi::CallbackInfo& info);
  Napi::Value LostPages(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void Sync(const Napi::CallbackInfo& info);

  std::shared_ptr<Pages> pages_;
  /// Weak: the buffer may go while the mapping stays, and the other way round.
  Napi::Reference<Napi::ArrayBuffer> buffer_;
  /// What the buffer holds the memory by. It is the buffer's: there as long as that is, and not detached.
  std::shared_ptr<Pages>* held_by_buffer_ = nullptr;
};

void InitializeMapping(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
