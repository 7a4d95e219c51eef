#pragma once

#include <array>
#include <cstdint>

#include "attachments.h"
#include "layout.h"
#include "memory.h"
#include "status.h"

namespace tsrpcgen::ring {

/// The locks of the two ends: futexes that name their holder, so that those of the dead can be taken over. Where an
/// end has one user only, its lock is taken once and kept.
///
/// The word: the holder's slot + 1 below, its generation above it, and a bit that says that someone waits. 0: free.
class Lock {
 public:
  Lock(Memory& memory, Attachments& attachments) : memory_(memory), attachments_(attachments) {}

  /// Done, NotNow (the holder lives, and was not done within a bounded time), Taken or Corrupt.
  Status Acquire(Side side) {
    if (held_.at(Index(side))) return Status::Done;
    uint32_t seen = 0;
    // Acquire: what the last holder did is visible to us.
    if (memory_.EndOf(side).lock.compare_exchange_strong(seen, Own(), std::memory_order_acquire)) {
      held_.at(Index(side)) = !memory_.Many(side);
      return Status::Done;
    }
    return AcquireSlowly(side);
  }

  void Release(Side side) {
    if (!held_.at(Index(side))) Free(side);
  }

  /// Whether the end is this one's for good.
  [[nodiscard]] bool Kept(Side side) const { return held_.at(Index(side)); }

  [[nodiscard]] bool HeldBy(Side side, uint32_t slot, uint32_t generation) const;
  /// Where the holder is the one in `slot`, which is dead: settles what it left, and frees the lock.
  void FreeFromDead(Side side, uint32_t slot, uint32_t generation);

  /// Gives up the ends that are kept.
  void Close();

 private:
  [[nodiscard]] uint32_t Own() const;
  Status AcquireSlowly(Side side);
  /// Done: the lock is ours now. NotNow: the holder lives, or another was faster.
  Status TakeFromDead(Side side, uint32_t seen);
  void Free(Side side);

  Memory& memory_;
  Attachments& attachments_;
  std::array<bool, 2> held_{};
};

}  // namespace tsrpcgen::ring
