#include "lock.h"

#include <cerrno>
#include <chrono>

#include "../util/deadline.h"
#include "futex.h"

namespace tsrpcgen::ring {
namespace {

constexpr uint32_t someone_waits = 1U << 31U;
constexpr uint32_t slot_mask = 0xff;
constexpr uint32_t generation_shift = 8;

/// An operation takes well under a microsecond: on another processor it ends while we look.
constexpr int looks = 200;
/// After so long we ask whether the holder lives: one that was killed tells nobody.
constexpr std::chrono::milliseconds ask_after{2};
/// A holder that lives and is not done is stopped, or the word is not one that any of us wrote: nobody waits for it for
/// ever, least of all an event loop.
constexpr double patience_ms = 50;

constexpr uint32_t LockWord(uint32_t slot, uint32_t generation) {
  return (slot + 1) | (generation << generation_shift);
}

}  // namespace

uint32_t Lock::Own() const { return LockWord(attachments_.Slot(), attachments_.Generation()); }

Status Lock::AcquireSlowly(Side side) {
  std::atomic<uint32_t>& word = memory_.EndOf(side).lock;
  if (!memory_.Many(side)) {
    // Its holder keeps it: there is nothing to wait for.
    const Status status = TakeFromDead(side, word.load(std::memory_order_acquire));
    if (status == Status::Done) held_.at(Index(side)) = true;
    return status == Status::NotNow ? Status::Taken : status;
  }
  for (int look = 0; look < looks; look += 1) {
    uint32_t seen = word.load(std::memory_order_relaxed);
    if (seen == 0 && word.compare_exchange_strong(seen, Own(), std::memory_order_acquire)) return Status::Done;
    Pause();
  }
  const Deadline patience = Deadline::In(patience_ms);
  while (!patience.Passed()) {
    uint32_t seen = word.load(std::memory_order_acquire);
    if (seen == 0) {
      // Others may wait too: whoever was asleep can't know, and tells the next one to wake someone.
      if (word.compare_exchange_strong(seen, Own() | someone_waits, std::memory_order_acquire)) return Status::Done;
      continue;
    }
    if ((seen & someone_waits) == 0 &&
        !word.compare_exchange_strong(seen, seen | someone_waits, std::memory_order_acquire))
      continue;
    // A holder that was killed after freeing the lock and before waking us costs this time, and no more.
    if (FutexWait(word, seen | someone_waits, ask_after) != ETIMEDOUT) continue;
    const Status status = TakeFromDead(side, seen | someone_waits);
    if (status != Status::NotNow) return status;
  }
  return Status::NotNow;
}

Status Lock::TakeFromDead(Side side, uint32_t seen) {
  if (seen == 0) return Status::NotNow;
  const uint32_t slot = (seen & slot_mask) - 1;
  if (slot >= max_attachments) return Status::Corrupt;
  const Owner owner = Owner::Unpack(attachments_.At(slot).owner.load(std::memory_order_acquire));
  if (LockWord(slot, owner.generation) != (seen & ~someone_waits)) {
    // The slot is used again only after its locks were freed; so the lock may have been freed since we looked.
    return memory_.EndOf(side).lock.load(std::memory_order_acquire) == seen ? Status::Corrupt : Status::NotNow;
  }
  if (!attachments_.Dead(slot)) return Status::NotNow;
  // The generation is part of the word: were the slot used again meanwhile, this would fail.
  if (!memory_.EndOf(side).lock.compare_exchange_strong(seen, Own() | someone_waits, std::memory_order_acq_rel))
    return Status::NotNow;
  attachments_.At(slot).found.fetch_or(found_held << (side == Side::Push ? 0 : found_pop_shift),
                                       std::memory_order_relaxed);
  attachments_.Settle(side);
  return Status::Done;
}

bool Lock::HeldBy(Side side, uint32_t slot, uint32_t generation) const {
  const uint32_t word = memory_.EndOf(side).lock.load(std::memory_order_acquire);
  return (word & ~someone_waits) == LockWord(slot, generation);
}

void Lock::FreeFromDead(Side side, uint32_t slot, uint32_t generation) {
  // Again where someone has come to wait meanwhile, which changes the word.
  for (int attempt = 0; attempt < looks && HeldBy(side, slot, generation); attempt += 1) {
    const uint32_t seen = memory_.EndOf(side).lock.load(std::memory_order_acquire);
    if (TakeFromDead(side, seen) == Status::Done) Free(side);
  }
}

void Lock::Close() {
  for (const Side side : {Side::Push, Side::Pop}) {
    if (held_.at(Index(side))) Free(side);
    held_.at(Index(side)) = false;
  }
}

void Lock::Free(Side side) {
  std::atomic<uint32_t>& word = memory_.EndOf(side).lock;
  // Release: whoever takes it sees what we did.
  if ((word.exchange(0, std::memory_order_release) & someone_waits) != 0) FutexWake(word, 1);
}

}  // namespace tsrpcgen::ring
