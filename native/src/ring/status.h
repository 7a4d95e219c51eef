#pragma once

#include <cstdint>

namespace tsrpcgen::ring {

/// How an operation on a ring ended.
enum class Status : uint8_t {
  Done,
  /// There is no room, or no record; or whoever holds the end was not done within a bounded time.
  NotNow,
  /// The record is longer than the space for it. It stays.
  TooLong,
  /// A ring of one producer (consumer), and another one is it.
  Taken,
  /// What the memory holds is not what any of us writes; or it is no longer shared.
  Corrupt,
  /// This ring is closed.
  Closed,
};

}  // namespace tsrpcgen::ring
