#include <chrono>
#include <memory>

#include "../instance.h"
#include "../util/error.h"
#include "binding.h"
#include "binding_values.h"
#include "waiting.h"

// What of RingHandle waits.

namespace tsrpcgen {
namespace {

using ring::Condition;
using ring::Outcome;
using ring::Status;

/// Attempts until one succeeds, or the time is up.
template <typename Attempt>
Napi::Value Repeat(Napi::Env env, ring::Ring& ring, Condition condition, const Patience& patience, Attempt attempt) {
  for (;;) {
    const Outcome outcome = attempt();
    if (outcome.status != Status::NotNow) return ToJavaScript(env, outcome);
    // Here too: where another holds the end for ever, the condition may hold, and each attempt fail.
    if (patience.deadline.Passed()) return Fail(env, ETIMEDOUT, "futex");
    const int error = WaitHere(ring, condition, patience.deadline, patience.spin);
    if (error != 0) return Fail(env, error, "futex");
  }
}

Napi::Value WaitOnThread(const Napi::CallbackInfo& info, const std::shared_ptr<ring::Ring>& ring, Condition condition,
                         size_t callback_index) {
  const auto callback = FunctionArgument(info, callback_index, "callback");
  if (!callback) return info.Env().Undefined();
  return Instance::Threads(info.Env()).Start(info.Env(), std::make_unique<ring::WaitTask>(ring, condition), *callback);
}

}  // namespace

Napi::Value RingHandle::PushSync(const Napi::CallbackInfo& info) {
  RingHandle* self = Argument(info);
  if (self == nullptr) return info.Env().Undefined();
  ring::Ring& ring = *self->ring_;
  const auto bytes = RecordArgument(info, 1, ring);
  if (!bytes) return info.Env().Undefined();
  const auto patience = PatienceArgument(info, 2);
  if (!patience) return info.Env().Undefined();
  return Repeat(info.Env(), ring, Condition{Condition::Kind::CanPush, bytes->size}, *patience, [&] {
    const Outcome outcome = ring.Push(bytes->data, bytes->size);
    self->ticket_ = outcome.at;
    return outcome;
  });
}

std::optional<Bytes> RingHandle::Space(const Napi::CallbackInfo& info, size_t index) const {
  if (!info[index].IsUndefined()) return BytesArgument(info, index, "bytes");
  return Bytes{scratch_->data(), scratch_->size()};
}

Napi::Value RingHandle::Pop(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto space = Space(info, 0);
  if (!space) return info.Env().Undefined();
  if (info.Length() > 1) {
    const auto spin = SizeArgument(info, 1, "spinUs");
    if (!spin) return info.Env().Undefined();
    ring::Spin(*ring, Condition{}, std::chrono::microseconds(*spin));
  }
  return ToJavaScript(info.Env(), ring->Pop(space->data, space->size));
}

Napi::Value RingHandle::PopSync(const Napi::CallbackInfo& info) {
  const RingHandle* self = Argument(info);
  if (self == nullptr) return info.Env().Undefined();
  const auto space = self->Space(info, 1);
  if (!space) return info.Env().Undefined();
  const auto patience = PatienceArgument(info, 2);
  if (!patience) return info.Env().Undefined();
  ring::Ring& ring = *self->ring_;
  return Repeat(info.Env(), ring, Condition{}, *patience, [&] { return ring.Pop(space->data, space->size); });
}

Napi::Value RingHandle::WaitPush(const Napi::CallbackInfo& info) {
  if (Open(info.Env()) == nullptr) return info.Env().Undefined();
  const auto size = SizeArgument(info, 0, "size");
  if (!size) return info.Env().Undefined();
  return WaitOnThread(info, ring_, Condition{Condition::Kind::CanPush, *size}, 1);
}

Napi::Value RingHandle::WaitPop(const Napi::CallbackInfo& info) {
  if (Open(info.Env()) == nullptr) return info.Env().Undefined();
  return WaitOnThread(info, ring_, Condition{}, 0);
}

Napi::Value RingHandle::WaitTaken(const Napi::CallbackInfo& info) {
  if (Open(info.Env()) == nullptr) return info.Env().Undefined();
  const auto at = PositionArgument(info, 0);
  if (!at) return info.Env().Undefined();
  return WaitOnThread(info, ring_, Condition{Condition::Kind::WasTaken, 0, *at}, 2);
}

Napi::Value RingHandle::WaitPopSync(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 0, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  const int error = WaitHere(*ring, Condition{}, *deadline, std::chrono::nanoseconds::zero());
  return error == 0 ? info.Env().Undefined() : Fail(info.Env(), error, "futex");
}

Napi::Value RingHandle::WaitTakenSync(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto at = PositionArgument(info, 0);
  if (!at) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  const int error =
      WaitHere(*ring, Condition{Condition::Kind::WasTaken, 0, *at}, *deadline, std::chrono::nanoseconds::zero());
  return error == 0 ? info.Env().Undefined() : Fail(info.Env(), error, "futex");
}

}  // namespace tsrpcgen
