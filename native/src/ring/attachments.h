#pragma once

#include <cstdint>

#include "layout.h"
#include "memory.h"

namespace tsrpcgen::ring {

/// `Attachment::owner`, taken apart.
struct Owner {
  int32_t pid = 0;
  SlotState state = SlotState::Free;
  /// Modulo 2^23.
  uint32_t generation = 0;

  [[nodiscard]] uint64_t Pack() const;
  static Owner Unpack(uint64_t packed);
};

/// The table of those who use a ring, of which one is ours.
class Attachments {
 public:
  explicit Attachments(Memory& memory) : memory_(memory) {}

  /// Takes a free slot, or a dead one. @returns false where there is none
  bool Claim();
  /// Gives it back. What it has pushed and popped is not known to others from then on.
  void Release();

  [[nodiscard]] Attachment& At(uint32_t slot) const { return memory_.Shared().attachments.at(slot); }
  [[nodiscard]] Attachment& Own() const { return At(slot_); }
  [[nodiscard]] bool Claimed() const { return own_ != 0; }
  [[nodiscard]] bool IsOwn(uint32_t slot) const { return Claimed() && slot == slot_; }
  [[nodiscard]] uint32_t Slot() const { return slot_; }
  [[nodiscard]] uint64_t Bit() const { return uint64_t{1} << slot_; }
  [[nodiscard]] uint32_t Generation() const { return Owner::Unpack(own_).generation; }

  /// Whether the process in the slot has ended. Asks the system: a matter of microseconds.
  [[nodiscard]] bool Dead(uint32_t slot) const;

  /// Whoever was in the slot waits no more.
  void ForgetSleep(uint32_t slot);

  /// Finishes the books of everyone who was killed in the middle of an operation at this end, whose lock the caller
  /// holds.
  void Settle(Side side);

 private:
  Memory& memory_;
  uint32_t slot_ = 0;
  uint64_t own_ = 0;
};

}  // namespace tsrpcgen::ring
