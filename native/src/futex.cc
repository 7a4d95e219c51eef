#include "futex.h"

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "instance.h"
#include "mapping.h"
#include "util/arguments.h"
#include "util/blocking_task.h"
#include "util/deadline.h"
#include "util/error.h"
#include "util/pages.h"

namespace tsrpcgen {
namespace {

/// A 32-bit word of a mapping, which stays mapped with it.
struct Word {
  std::shared_ptr<Pages> pages;
  size_t offset = 0;

  /// Not FUTEX_PRIVATE_FLAG: others have the memory too. The kernel reads the word, so a page that is gone is EFAULT,
  /// not a signal. @returns 0 or more, or -errno
  [[nodiscard]] long Call(int operation, uint32_t value, const timespec* timeout) const {
#if defined(__linux__)
    const long result = syscall(SYS_futex, pages->Data() + offset, operation, value, timeout, nullptr, 0);
    return result >= 0 ? result : -errno;
#else
    static_cast<void>(operation);
    static_cast<void>(value);
    static_cast<void>(timeout);
    return -ENOTSUP;
#endif
  }

  /// Whether it has this value, by a requeue of nobody: a wait that ends at once sleeps 50 microseconds all the same,
  /// the slack of the kernel's timers. @returns 0, -EAGAIN where it has another, or -errno
  [[nodiscard]] long Compare(uint32_t expected) const {
#if defined(__linux__)
    uint8_t* address = pages->Data() + offset;
    const long result = syscall(SYS_futex, address, FUTEX_CMP_REQUEUE, 0, nullptr, address, expected);
    return result >= 0 ? result : -errno;
#else
    static_cast<void>(expected);
    return -ENOTSUP;
#endif
  }
};

#if defined(__linux__)
constexpr int wait_operation = FUTEX_WAIT;
constexpr int wake_operation = FUTEX_WAKE;
#else
constexpr int wait_operation = 0;
constexpr int wake_operation = 1;
#endif

/// (mapping, offset, …)
std::optional<Word> WordArguments(const Napi::CallbackInfo& info) {
  auto pages = Mapping::Argument(info, 0, "futex");
  if (!pages) return std::nullopt;
  const auto offset = SizeArgument(info, 1, "offset");
  if (!offset) return std::nullopt;
  constexpr size_t word_bytes = sizeof(uint32_t);
  if (*offset % word_bytes != 0 || pages->Size() < word_bytes || *offset > pages->Size() - word_bytes) {
    ThrowSystemError(info.Env(), EINVAL, "futex");
    return std::nullopt;
  }
  return Word{std::move(pages), *offset};
}

/// The word's bits: as an Int32Array or as a Uint32Array has it.
std::optional<uint32_t> ExpectedArgument(const Napi::CallbackInfo& info, size_t index) {
  const auto value = IntegerArgument(info, index, "expected");
  if (!value) return std::nullopt;
  if (*value >= INT32_MIN && *value <= int64_t{UINT32_MAX}) return static_cast<uint32_t>(*value);
  ThrowSystemError(info.Env(), EINVAL, "futex");
  return std::nullopt;
}

/// Waits until someone wakes it. Yields whether it waited: false where the word was another already.
class WaitTask final : public BlockingTask {
 public:
  WaitTask(Word word, uint32_t expected) : word_(std::move(word)), expected_(expected) {}
  int Attempt() override { return AttemptFor(nullptr); }
  int AttemptFor(const timespec* timeout) {
    const long result = word_.Call(wait_operation, expected_, timeout);
    differs_ = result == -EAGAIN;
    return differs_ || result >= 0 ? 0 : static_cast<int>(-result);
  }
  Napi::Value Result(Napi::Env env) override { return Napi::Boolean::New(env, !differs_); }
  [[nodiscard]] const char* Syscall() const override { return "futex"; }

 private:
  Word word_;
  uint32_t expected_;
  bool differs_ = false;
};

struct Waited {
  Word word;
  uint32_t expected;
};

/// (mapping, offset, expected, …)
std::optional<Waited> WaitedArguments(const Napi::CallbackInfo& info) {
  auto word = WordArguments(info);
  if (!word) return std::nullopt;
  const auto expected = ExpectedArgument(info, 2);
  if (!expected) return std::nullopt;
  return Waited{std::move(*word), *expected};
}

/// futexDiffers(mapping, offset, expected): whether a wait would end at once
Napi::Value Differs(const Napi::CallbackInfo& info) {
  const auto waited = WaitedArguments(info);
  if (!waited) return info.Env().Undefined();
  const long result = waited->word.Compare(waited->expected);
  if (result < 0 && result != -EAGAIN) return Fail(info.Env(), static_cast<int>(-result), "futex");
  return Napi::Boolean::New(info.Env(), result == -EAGAIN);
}

/// futexWaiting(mapping, offset, expected, callback): see WaitThreads::Start
Napi::Value Waiting(const Napi::CallbackInfo& info) {
  auto waited = WaitedArguments(info);
  if (!waited) return info.Env().Undefined();
  const auto callback = FunctionArgument(info, 3, "callback");
  if (!callback) return info.Env().Undefined();
  auto task = std::make_unique<WaitTask>(std::move(waited->word), waited->expected);
  return Instance::Threads(info.Env()).Start(info.Env(), std::move(task), *callback);
}

/// futexWaitSync(mapping, offset, expected, timeoutMs). The call has a time of its own, so no alarm is needed.
Napi::Value WaitSync(const Napi::CallbackInfo& info) {
  auto waited = WaitedArguments(info);
  if (!waited) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 3, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  WaitTask task(std::move(waited->word), waited->expected);
  int error = 0;
  do {
    const timespec left = deadline->Bounded() ? deadline->Remaining() : timespec{};
    error = task.AttemptFor(deadline->Bounded() ? &left : nullptr);
  } while (error == EINTR);
  return error == 0 ? task.Result(info.Env()) : Fail(info.Env(), error, "futex");
}

/// futexWake(mapping, offset, count): how many were woken
Napi::Value Wake(const Napi::CallbackInfo& info) {
  const auto word = WordArguments(info);
  if (!word) return info.Env().Undefined();
  const auto count = Int32Argument(info, 2, "count");
  if (!count) return info.Env().Undefined();
  // The kernel wakes one where it is told to wake none.
  if (*count <= 0) return *count == 0 ? Napi::Number::New(info.Env(), 0) : Fail(info.Env(), EINVAL, "futex");
  const long woken = word->Call(wake_operation, static_cast<uint32_t>(*count), nullptr);
  if (woken < 0) return Fail(info.Env(), static_cast<int>(-woken), "futex");
  return Napi::Number::New(info.Env(), static_cast<double>(woken));
}

}  // namespace

void InitializeFutex(Napi::Env env, Napi::Object exports) {
  exports.Set("futexDiffers", Napi::Function::New<Differs>(env, "futexDiffers"));
  exports.Set("futexWaiting", Napi::Function::New<Waiting>(env, "futexWaiting"));
  exports.Set("futexWaitSync", Napi::Function::New<WaitSync>(env, "futexWaitSync"));
  exports.Set("futexWake", Napi::Function::New<Wake>(env, "futexWake"));
}

}  // namespace tsrpcgen
