#pragma once

#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>

namespace tsrpcgen {

/// The end of a bounded wait, by the clock that nobody sets; or none.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline Never() { return Deadline(std::nullopt); }
  static Deadline In(double milliseconds) {
    return Deadline(Clock::now() + std::chrono::nanoseconds(static_cast<int64_t>(milliseconds * 1e6)));
  }

  [[nodiscard]] bool Bounded() const { return end_.has_value(); }
  [[nodiscard]] bool Passed() const { return end_ && Clock::now() >= *end_; }

  /// What is left, at least nothing. Only where it is bounded.
  [[nodiscard]] std::chrono::nanoseconds Left() const {
    return std::max(Clock::duration::zero(), end_.value_or(Clock::now()) - Clock::now());
  }
  /// The same for ppoll, semtimedop and FUTEX_WAIT.
  [[nodiscard]] timespec Remaining() const { return Timespec(Left()); }

  static timespec Timespec(std::chrono::nanoseconds duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    timespec result{};
    result.tv_sec = seconds.count();
    result.tv_nsec = (duration - seconds).count();
    return result;
  }

 private:
  explicit Deadline(std::optional<Clock::time_point> end) : end_(end) {}
  std::optional<Clock::time_point> end_;
};

}  // namespace tsrpcgen
