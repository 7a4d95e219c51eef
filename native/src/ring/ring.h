#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "attachments.h"
#include "deaths.h"
#include "layout.h"
#include "lock.h"
#include "memory.h"
#include "status.h"
#include "waits.h"

namespace tsrpcgen::ring {

/// What an operation has done, beside its status.
struct Outcome {
  Status status = Status::NotNow;
  /// The other end sleeps on something of its own, and is to be told: see Waits::Arm.
  bool tell = false;
  /// Pop: the record's length, also where it was too long.
  uint32_t length = 0;
  /// Push: where the record lies; its `records` are those before it.
  Position at{};
};

/// Of one end, what JavaScript reads and writes too, where it makes operations itself: src/ipc/ring-direct.ts. Memory
/// of our own: others can't change it, and no other processor has it in its cache.
struct Book {
  /// Records pushed (popped).
  uint64_t count = 0;
  /// Where the last of these operations has left the end, packed.
  uint64_t position = 0;
};
using Books = std::array<Book, 2>;

/// One use of a ring in shared memory, by one thread; its waits are called from any.
///
/// Memory order: a producer fills the record and then stores the push position with release; a consumer loads that with
/// acquire, so what lies before it is whole. A consumer copies a record out and then stores the pop position with
/// release; a producer loads that with acquire before it writes there, so it overwrites nothing that is still read.
/// Among producers (consumers) the end's lock orders all. Of what another process may write at any time each word is
/// loaded once, checked, and used as it was loaded.
class Ring {
 public:
  /// @param error of Memory::Open; ENOSPC: there are max_attachments that live
  static std::shared_ptr<Ring> Attach(std::shared_ptr<Pages> pages, size_t offset, int& error);
  ~Ring() { Close(); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  Ring(Ring&&) = delete;
  Ring& operator=(Ring&&) = delete;

  /// Who sleeps in here is no longer woken: the caller has ended its waits.
  void Close();

  /// @param size at most MaxRecordBytes()
  /// @param only_wanted NotNow unless a consumer has said that it takes it, with `Want`
  Outcome Push(const uint8_t* bytes, size_t size, bool only_wanted = false);
  Outcome Pop(uint8_t* bytes, size_t size);

  /// Takes a record back. Done: nobody gets it. NotNow: it was taken already, or the end is held.
  Outcome Withdraw(Position at, uint32_t length);

  /// From here on this attachment takes a record that is pushed for those who want one. Counted: `Unwant` as often.
  void Want();
  /// After it, and not before, it is known whether there is one to take.
  Status Unwant();

  // Glances without a lock, which an attempt is to confirm. True also where the memory is corrupt: the attempt says so.
  [[nodiscard]] bool CanPush(size_t size) const;
  [[nodiscard]] bool CanPop() const;
  [[nodiscard]] bool WasTaken(Position at) const;

  Waits& Sleepers() { return waits_; }
  /// A sleeper that was woken for a record may take none: then it wakes another.
  void PassOn() {
    if (CanPop()) waits_.Wake(Side::Pop);
  }
  /// Frees the data's pages where the ring is empty and nobody uses it just now.
  Status Trim();

  /// @returns false where the memory is corrupt
  bool Usage(Gap& gap) const;
  std::vector<Death> CollectDeaths() { return deaths_.Collect(); }
  [[nodiscard]] size_t MaxRecordBytes() const { return memory_->MaxRecordBytes(); }
  [[nodiscard]] uint32_t Capacity() const { return memory_->Capacity(); }
  [[nodiscard]] uint64_t Count(Side side) const { return books_->at(Index(side)).count; }
  [[nodiscard]] const std::shared_ptr<Books>& SharedBooks() const { return books_; }
  /// Where the intent lies, in bytes from the header's begin, where JavaScript may make this end's operations: nobody
  /// else can, and nothing but the room bounds it.
  /// @param fenced whether it has a fence in each, as Waits::Wake has
  std::optional<size_t> Direct(Side side, bool fenced);

 private:
  explicit Ring(std::unique_ptr<Memory> memory);

  Outcome PushLocked(const uint8_t* bytes, size_t size, bool only_wanted);
  Outcome PopLocked(uint8_t* bytes, size_t size);
  /// The first record that was not withdrawn: Done, NotNow or Corrupt. Those before it are popped.
  Outcome Front();
  /// Moves the end, which is what makes the operation happen.
  void Commit(Side side, Position to);
  [[nodiscard]] Position Load(Side side) const;
  /// Where the end is that the caller has locked: of one that is ours for good we know it better than the memory.
  [[nodiscard]] Position Where(Side side) const;
  [[nodiscard]] bool HasRoom(const Gap& gap, size_t size) const;
  [[nodiscard]] uint32_t LivingWanted();

  std::unique_ptr<Memory> memory_;
  Attachments attachments_;
  Lock lock_;
  Waits waits_;
  Deaths deaths_;
  std::shared_ptr<Books> books_ = std::make_shared<Books>();
  /// The producer's last sight of the other end, and where it was itself then: as long as that is enough, the line that
  /// the other processor writes to stays there.
  Position seen_{};
  Position seen_from_{};
  uint32_t wants_ = 0;
  bool attached_ = false;
};

}  // namespace tsrpcgen::ring
