#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "../util/blocking_task.h"
#include "../util/deadline.h"
#include "ring.h"

namespace tsrpcgen::ring {

/// What is waited for.
struct Condition {
  enum class Kind : uint8_t { CanPush, CanPop, WasTaken };
  Kind kind = Kind::CanPop;
  /// Of CanPush.
  size_t size = 0;
  /// Of WasTaken.
  Position at{};

  [[nodiscard]] Side Where() const { return kind == Kind::CanPop ? Side::Pop : Side::Push; }
  [[nodiscard]] bool Holds(const Ring& ring) const {
    switch (kind) {
      case Kind::CanPush:
        return ring.CanPush(size);
      case Kind::CanPop:
        return ring.CanPop();
      case Kind::WasTaken:
      default:
        return ring.WasTaken(at);
    }
  }
};

/// Waits on a thread until the condition holds. It takes nothing: that is for JavaScript's thread, to which the ring
/// belongs; so nothing is lost where the wait is ended.
class WaitTask final : public BlockingTask {
 public:
  WaitTask(std::shared_ptr<Ring> ring, Condition condition) : ring_(std::move(ring)), condition_(condition) {}
  /// One sleep; after it whoever called looks whether the wait is still wanted.
  int Attempt() override {
    return ring_->Sleepers().SleepOnce(condition_.Where(), Waits::look_again,
                                       [this] { return condition_.Holds(*ring_); });
  }
  [[nodiscard]] const char* Syscall() const override { return "futex"; }

 private:
  std::shared_ptr<Ring> ring_;
  Condition condition_;
};

/// Looks for so long at most. @returns whether it holds
inline bool Spin(const Ring& ring, Condition condition, std::chrono::nanoseconds longest) {
  if (condition.Holds(ring)) return true;
  if (longest.count() == 0) return false;
  // The clock costs more than a look.
  constexpr int looks_at_a_time = 16;
  const auto end = Deadline::Clock::now() + longest;
  do {
    for (int look = 0; look < looks_at_a_time; look += 1) {
      if (condition.Holds(ring)) return true;
      Pause();
    }
  } while (Deadline::Clock::now() < end);
  return false;
}

/// Waits on this thread. @param spin looks for so long before it sleeps, within the deadline @returns 0 or ETIMEDOUT
inline int WaitHere(Ring& ring, Condition condition, Deadline deadline, std::chrono::nanoseconds spin) {
  if (Spin(ring, condition, deadline.Bounded() ? std::min(spin, deadline.Left()) : spin)) return 0;
  const auto ready = [&] { return condition.Holds(ring); };
  for (;;) {
    const std::chrono::nanoseconds longest = deadline.Bounded() ? deadline.Left() : Waits::look_again;
    if (ring.Sleepers().SleepOnce(condition.Where(), longest, ready) == 0) return 0;
    if (deadline.Passed()) return ETIMEDOUT;
  }
}

}  // namespace tsrpcgen::ring
