#include "spinner.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "mapping.h"
#include "util/arguments.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

using Clock = std::chrono::steady_clock;

/// The longest that a thread is held: whoever asks for more is mistaken.
constexpr int64_t max_spin_us = 1'000'000;
/// Looks between two at the clock: together about a microsecond.
constexpr int looks_per_time = 32;

uint32_t CurrentProcessor() {
#if defined(__linux__)
  const int processor = sched_getcpu();
  return processor < 0 ? 0 : static_cast<uint32_t>(processor) + 1;
#else
  return 0;
#endif
}

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

Spinner::Spinner(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto pages = Mapping::Argument(info, 0, "mmap");
  if (!pages) return;
  const auto word = SizeArgument(info, 1, "word");
  if (!word) return;
  const auto own = SizeArgument(info, 2, "ownProcessor");
  if (!own) return;
  const auto peer = SizeArgument(info, 3, "peerProcessor");
  if (!peer) return;
  if (std::max({*word, *own, *peer}) >= pages->Size() / sizeof(uint32_t) || !pages->Writable()) {
    ThrowSystemError(info.Env(), EINVAL, "mmap");
    return;
  }
  word_ = *word;
  own_ = *own;
  peer_ = *peer;
  pages_ = std::move(pages);
}

Napi::Function Spinner::Define(Napi::Env env) {
  return DefineClass(env, "Spinner",
                     {InstanceMethod<&Spinner::Spin>("spin"), InstanceMethod<&Spinner::Close>("close")});
}

uint32_t* Spinner::Word(size_t index) const { return reinterpret_cast<uint32_t*>(pages_->Data()) + index; }

bool Spinner::SharesProcessor() const {
  const uint32_t processor = CurrentProcessor();
  // A line that is written to is taken from the other end's processor, so only where it says something new.
  if (__atomic_load_n(Word(own_), __ATOMIC_RELAXED) != processor)
    __atomic_store_n(Word(own_), processor, __ATOMIC_RELAXED);
  return processor != 0 && __atomic_load_n(Word(peer_), __ATOMIC_RELAXED) == processor;
}

Napi::Value Spinner::Spin(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto value = Int32Argument(info, 0, "value");
  if (!value) return env.Undefined();
  const auto max_us = IntegerArgument(info, 1, "maxUs");
  if (!max_us) return env.Undefined();
  if (!pages_) return Fail(env, EBADF, "mmap");
  const auto unchanged = static_cast<uint32_t>(*value);
  const auto start = Clock::now();
  const auto end = start + std::chrono::microseconds(std::clamp<int64_t>(*max_us, 0, max_spin_us));
  auto now = start;
  do {
    const bool yields = SharesProcessor();
    for (int look = 0; look < (yields ? 1 : looks_per_time); ++look) {
      if (__atomic_load_n(Word(word_), __ATOMIC_ACQUIRE) != unchanged) {
        const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(now - start);
        return Napi::Number::New(env, static_cast<double>(spent.count()));
      }
      if (yields) {
        sched_yield();
      } else {
        Pause();
      }
    }
    now = Clock::now();
  } while (now < end);
  return Napi::Number::New(env, -1);
}

void Spinner::Close(const Napi::CallbackInfo& /*info*/) { pages_.reset(); }

void InitializeSpinner(Napi::Env env, Napi::Object exports) { exports.Set("Spinner", Spinner::Define(env)); }

}  // namespace tsrpcgen
