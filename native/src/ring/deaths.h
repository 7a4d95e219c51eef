#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "attachments.h"
#include "layout.h"
#include "lock.h"

namespace tsrpcgen::ring {

struct Death {
  int32_t pid;
  uint64_t pushed;
  uint64_t popped;
  /// Of `Found`.
  uint32_t found;
};

/// Finds attachments whose process is dead, and puts their books in order.
class Deaths {
 public:
  Deaths(Attachments& attachments, Lock& lock) : attachments_(attachments), lock_(lock) {}

  /// Makes their slots free for others, but for those that hold a lock where we have no slot ourselves: only who could
  /// be found dead in turn may take a lock over.
  void BuryAll();
  /// The dead that this has not yielded before.
  std::vector<Death> Collect();

 private:
  void Bury(uint32_t slot, Owner owner);

  Attachments& attachments_;
  Lock& lock_;
  /// By slot, the word of the owner that was told of.
  std::array<uint64_t, max_attachments> told_{};
};

}  // namespace tsrpcgen::ring
