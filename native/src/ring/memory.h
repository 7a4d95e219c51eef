#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "../util/pages.h"
#include "layout.h"

namespace tsrpcgen::ring {

struct Options {
  bool many_producers = true;
  bool many_consumers = true;
  /// 0: as many as there is room for.
  uint32_t max_records = 0;
};

/// How much lies between two positions.
struct Gap {
  uint32_t units = 0;
  uint32_t records = 0;
};

/// A ring's memory, with what was read of its format once and checked: nobody can change that for us any more.
class Memory {
 public:
  /// Writes an empty ring into [offset, offset + length). @returns 0, or EINVAL: too small, too large, not aligned, or
  /// mapped for reading
  static int Format(Pages& pages, size_t offset, size_t length, const Options& options);
  /// @param error EINVAL: no place for a ring; EBADMSG: there is none, or not one that fits the memory; ENOTSUP: of
  /// another layout, or of another PID namespace
  static std::unique_ptr<Memory> Open(std::shared_ptr<Pages> pages, size_t offset, int& error);

  [[nodiscard]] Header& Shared() const { return *header_; }
  [[nodiscard]] End& EndOf(Side side) const { return header_->ends.at(Index(side)); }
  [[nodiscard]] bool Many(Side side) const { return many_.at(Index(side)); }
  [[nodiscard]] uint32_t Capacity() const { return capacity_; }
  [[nodiscard]] uint32_t MaxRecords() const { return max_records_; }
  [[nodiscard]] size_t MaxRecordBytes() const;
  /// Someone has truncated what is behind the memory, or part of it: what we would write, nobody would see.
  [[nodiscard]] bool Lost() const { return pages_->Lost() != 0; }

  /// @returns false where these can't be a ring's: every position passes through here before it is used
  [[nodiscard]] bool Between(Position pop, Position push, Gap& gap) const;
  /// @param units at most the capacity
  [[nodiscard]] Position Advance(Position from, uint32_t units) const;

  // Of a record at a position that `Between` has passed. `size` is at most MaxRecordBytes().
  [[nodiscard]] uint64_t LoadRecordHeader(Position at) const;
  void StoreRecordHeader(Position at, uint64_t header);
  void CopyIn(Position at, const uint8_t* bytes, size_t size);
  void CopyOut(Position at, uint8_t* bytes, size_t size) const;

  /// Gives the data's pages back to the system. They hold no record, and nobody uses them meanwhile.
  void Discard();

 private:
  Memory() = default;
  [[nodiscard]] size_t ByteOf(Position at) const;
  /// Where a record's bytes begin: the unit after its header may be the data's first.
  [[nodiscard]] size_t AfterHeader(Position at) const;

  std::shared_ptr<Pages> pages_;
  Header* header_ = nullptr;
  uint8_t* data_ = nullptr;
  uint32_t capacity_ = 0;
  uint32_t max_records_ = 0;
  std::array<bool, 2> many_{};
};

}  // namespace tsrpcgen::ring
