#include "attachments.h"

#include <array>

#include "../util/process_identity.h"

namespace tsrpcgen::ring {
namespace {

constexpr uint32_t state_shift = 32;
constexpr uint32_t generation_shift = 40;
/// As many bits as the word of a lock has room for.
constexpr uint32_t generation_mask = (1U << 23U) - 1;

}  // namespace

uint64_t Owner::Pack() const {
  return static_cast<uint32_t>(pid) | (static_cast<uint64_t>(state) << state_shift) |
         (uint64_t{generation} << generation_shift);
}

Owner Owner::Unpack(uint64_t packed) {
  return Owner{static_cast<int32_t>(packed), static_cast<SlotState>((packed >> state_shift) & 3U),
               static_cast<uint32_t>(packed >> generation_shift) & generation_mask};
}

bool Attachments::Claim() {
  const ProcessIdentity identity = ProcessIdentity::Own();
  // Those that never had anyone first: a dead one's slot holds what is to be told of it.
  for (const SlotState wanted : {SlotState::Free, SlotState::Dead}) {
    for (uint32_t slot = 0; slot < max_attachments; slot += 1) {
      Attachment& attachment = At(slot);
      uint64_t seen = attachment.owner.load(std::memory_order_acquire);
      const Owner before = Owner::Unpack(seen);
      if (before.state != wanted) continue;
      Owner owner{identity.pid, SlotState::Claimed, (before.generation + 1) & generation_mask};
      // Only one of several gets it. The pid goes with it: whoever is killed from here on is found.
      if (!attachment.owner.compare_exchange_strong(seen, owner.Pack(), std::memory_order_acq_rel)) continue;
      slot_ = slot;
      attachment.start_time.store(identity.start_time, std::memory_order_relaxed);
      attachment.found.store(0, std::memory_order_relaxed);
      for (Intent& intent : attachment.intents) {
        intent.count.store(0, std::memory_order_relaxed);
        intent.next_count.store(0, std::memory_order_relaxed);
        intent.target.store(no_target, std::memory_order_relaxed);
      }
      ForgetSleep(slot);
      owner.state = SlotState::Attached;
      own_ = owner.Pack();
      // Release: who sees it attached sees its fields.
      attachment.owner.store(own_, std::memory_order_release);
      return true;
    }
  }
  return false;
}

void Attachments::Release() {
  Owner owner = Owner::Unpack(own_);
  owner.state = SlotState::Free;
  owner.pid = 0;
  uint64_t seen = own_;
  // Where the memory was overwritten the slot may be another's.
  Own().owner.compare_exchange_strong(seen, owner.Pack(), std::memory_order_acq_rel);
}

bool Attachments::Dead(uint32_t slot) const {
  const Attachment& attachment = At(slot);
  const Owner owner = Owner::Unpack(attachment.owner.load(std::memory_order_acquire));
  const uint64_t start_time =
      owner.state == SlotState::Claimed ? 0 : attachment.start_time.load(std::memory_order_relaxed);
  return ProcessIdentity{owner.pid, start_time}.Dead();
}

void Attachments::ForgetSleep(uint32_t slot) {
  const uint64_t others = ~(uint64_t{1} << slot);
  for (const Side side : {Side::Push, Side::Pop}) {
    WaitWords& waits = memory_.EndOf(side).waits;
    waits.asleep.fetch_and(others, std::memory_order_relaxed);
    waits.wanted.fetch_and(others, std::memory_order_relaxed);
  }
}

void Attachments::Settle(Side side) {
  const uint64_t position = memory_.EndOf(side).position.load(std::memory_order_acquire);
  const uint32_t shift = side == Side::Push ? 0 : found_pop_shift;
  for (uint32_t slot = 0; slot < max_attachments; slot += 1) {
    Attachment& attachment = At(slot);
    Intent& intent = attachment.intents.at(Index(side));
    // Who has an open intent had the lock, and it is ours now: its process is dead. Nobody has moved the end since,
    // for everyone who takes the lock from a dead one comes through here first; so the target is the end's position,
    // or the operation has not happened. Whoever is killed in here leaves the intent open, and the next one comes to
    // the same result.
    const uint64_t target = intent.target.load(std::memory_order_acquire);
    if (target == no_target) continue;
    const bool happened = target == position;
    attachment.found.fetch_or((happened ? found_finished : found_undone) << shift, std::memory_order_release);
    if (happened) intent.count.store(intent.next_count.load(std::memory_order_relaxed), std::memory_order_release);
    intent.target.store(no_target, std::memory_order_release);
  }
}

}  // namespace tsrpcgen::ring
