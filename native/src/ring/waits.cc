#include "waits.h"

#include <climits>

namespace tsrpcgen::ring {

void Waits::Enter(Side side) {
  const std::lock_guard lock(mutex_);
  uint32_t& sleepers = sleepers_.at(Index(side));
  sleepers += 1;
  if (sleepers == 1) memory_.EndOf(side).waits.asleep.fetch_or(attachments_.Bit(), std::memory_order_seq_cst);
}

void Waits::Leave(Side side) {
  const std::lock_guard lock(mutex_);
  uint32_t& sleepers = sleepers_.at(Index(side));
  sleepers -= 1;
  if (sleepers == 0) memory_.EndOf(side).waits.asleep.fetch_and(~attachments_.Bit(), std::memory_order_seq_cst);
}

bool Waits::WakeSleepers(Side side, uint64_t asleep) {
  WaitWords& waits = memory_.EndOf(side).waits;
  if ((asleep & ~armed) != 0) {
    // Before the wake: who is about to sleep sees that it need not.
    waits.changes.fetch_add(1, std::memory_order_release);
    // One record is for one consumer. Room may be too small for the first who waits, and enough for the next.
    FutexWake(waits.changes, side == Side::Pop ? 1 : INT_MAX);
  }
  if ((asleep & armed) == 0) return false;
  return (waits.asleep.fetch_and(~armed, std::memory_order_relaxed) & armed) != 0;
}

}  // namespace tsrpcgen::ring
