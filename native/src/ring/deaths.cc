#include "deaths.h"

namespace tsrpcgen::ring {

void Deaths::BuryAll() {
  // Two passes: who takes over from a dead one may be dead itself.
  for (int pass = 0; pass < 2; pass += 1) {
    for (uint32_t slot = 0; slot < max_attachments; slot += 1) {
      const Owner owner = Owner::Unpack(attachments_.At(slot).owner.load(std::memory_order_acquire));
      const bool used = owner.state == SlotState::Attached || owner.state == SlotState::Claimed;
      if (used && !attachments_.IsOwn(slot) && attachments_.Dead(slot)) Bury(slot, owner);
    }
  }
}

std::vector<Death> Deaths::Collect() {
  BuryAll();
  std::vector<Death> deaths;
  for (uint32_t slot = 0; slot < max_attachments; slot += 1) {
    const Attachment& attachment = attachments_.At(slot);
    const uint64_t owner = attachment.owner.load(std::memory_order_acquire);
    if (Owner::Unpack(owner).state != SlotState::Dead || told_.at(slot) == owner) continue;
    const Death death{Owner::Unpack(owner).pid,
                      attachment.intents.at(Index(Side::Push)).count.load(std::memory_order_relaxed),
                      attachment.intents.at(Index(Side::Pop)).count.load(std::memory_order_relaxed),
                      attachment.found.load(std::memory_order_relaxed)};
    // Else it is another's already, and the counts may be too.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (attachment.owner.load(std::memory_order_relaxed) != owner) continue;
    told_.at(slot) = owner;
    deaths.push_back(death);
  }
  return deaths;
}

void Deaths::Bury(uint32_t slot, Owner owner) {
  Attachment& attachment = attachments_.At(slot);
  uint64_t seen = owner.Pack();
  // Killed before it was attached it has done nothing, and what its fields hold is not its own.
  const bool attached = owner.state == SlotState::Attached;
  for (const Side side : {Side::Push, Side::Pop}) {
    if (!attached) break;
    if (!attachments_.Claimed() && lock_.HeldBy(side, slot, owner.generation)) return;
    lock_.FreeFromDead(side, slot, owner.generation);
    // The slot may not be used again before its locks are free.
    if (lock_.HeldBy(side, slot, owner.generation)) return;
    // Another process has taken the lock over, and is about to settle this: the counts are not final yet.
    if (attachment.intents.at(Index(side)).target.load(std::memory_order_acquire) != no_target) return;
  }
  attachments_.ForgetSleep(slot);
  Owner buried = owner;
  buried.state = attached ? SlotState::Dead : SlotState::Free;
  // Release: who sees it dead sees its final counts. Several may come here with the same.
  attachment.owner.compare_exchange_strong(seen, buried.Pack(), std::memory_order_acq_rel);
}

}  // namespace tsrpcgen::ring
