#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "unique_fd.h"

namespace tsrpcgen {

/// What a receiver's pipe carries for each signal, in the machine's order.
struct SignalRecord {
  static constexpr int32_t has_sender = 1;
  static constexpr int32_t has_value = 2;
  int32_t number = 0;
  int32_t code = 0;
  /// Which of those below are there.
  int32_t fields = 0;
  int32_t pid = 0;
  uint32_t uid = 0;
  int32_t value = 0;
};

/// One who gets signals, of any thread of the process. There is one handler for all: it writes a record into the pipe
/// of each receiver that wants the signal, and then calls libuv's handler, so process.on() goes on working.
class SignalSubscription {
 public:
  /// In the whole process. The handler looks through them, so they can't grow.
  static constexpr size_t max_receivers = 256;

  /// Whether a receiver may have it: not those that end the process whatever is done, those that a fault of our own
  /// code raises, and the one that wakes our threads.
  static bool Allowed(int number);

  /// @param reading the end of the pipe to read from
  /// @returns nothing, and errno in `error`, where it fails
  static std::unique_ptr<SignalSubscription> Open(const std::vector<int>& numbers, UniqueFd& reading, int& error);

  /// The last receiver of a signal restores what was there before the first.
  ~SignalSubscription();
  SignalSubscription(const SignalSubscription&) = delete;
  SignalSubscription& operator=(const SignalSubscription&) = delete;
  SignalSubscription(SignalSubscription&&) = delete;
  SignalSubscription& operator=(SignalSubscription&&) = delete;

  /// Signals that found the pipe full.
  [[nodiscard]] uint32_t Lost() const;

 private:
  SignalSubscription() = default;
  size_t slot_ = max_receivers;
  UniqueFd writing_;
  std::vector<int> numbers_;
};

}  // namespace tsrpcgen
