#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "util/pages.h"

namespace tsrpcgen {

/// Looks for a change of a word of shared memory that another process writes, for a bounded time:
/// `new Spinner(mapping, word, ownProcessor, peerProcessor)`, each the index of a 32-bit word.
///
///   spin(value, maxUs)  the microseconds until the word was no longer `value`, or -1 where it still is after so many
///   close()             lets go of the memory, which is unmapped with its Mapping then; EBADF from there on
///
/// Each end publishes the processor that it runs on, plus 1, in its word. While that of the other end is ours, it can't
/// go on while we look, so each look gives the processor away.
class Spinner final : public Napi::ObjectWrap<Spinner> {
 public:
  explicit Spinner(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);

 private:
  Napi::Value Spin(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  [[nodiscard]] uint32_t* Word(size_t index) const;
  /// Publishes our processor. @returns whether the other end says that it runs there, too
  [[nodiscard]] bool SharesProcessor() const;

  std::shared_ptr<Pages> pages_;
  size_t word_ = 0;
  size_t own_ = 0;
  size_t peer_ = 0;
};

void InitializeSpinner(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
