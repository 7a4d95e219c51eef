#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

// What lies in the shared memory of a ring. Numbers are in the machine's own byte order: both ends are on one host.
//
//   header | data: `capacity` units of 8 bytes, used round and round
//
// A record is one unit of header (length, mark) and its bytes, filled up to whole units; it may go on at the data's
// beginning. Records lie between two positions: producers move the push end's, consumers the pop end's.

namespace tsrpcgen::ring {

/// "tsring01", as it lies in the memory of a little-endian machine.
constexpr uint64_t magic = 0x3130'676e'6972'7374;
constexpr uint32_t layout_version = 2;

/// Attachments at a time: each open Ring is one. They are bits of a word of 64, whose last is `armed`.
constexpr uint32_t max_attachments = 63;
/// In `WaitWords::asleep`: someone sleeps elsewhere (in an event loop, on a descriptor) and wants to be told.
constexpr uint64_t armed = uint64_t{1} << 63U;

constexpr size_t unit_bytes = 8;
/// Positions count up to twice the capacity, in 32 bits.
constexpr uint32_t max_capacity_units = uint32_t{1} << 31U;

enum class Side : uint8_t { Push = 0, Pop = 1 };
constexpr Side Other(Side side) { return side == Side::Push ? Side::Pop : Side::Push; }
constexpr size_t Index(Side side) { return static_cast<size_t>(side); }

enum Flag : uint32_t {
  many_producers = 1,
  many_consumers = 2,
};

/// A place in the data, and how many records have passed it. One word, so that it changes as one: whoever looks, also
/// after a process was killed, sees a record either wholly passed or not at all.
struct Position {
  /// From 0 to twice the capacity less 1, so that full and empty differ; below the capacity, the unit itself.
  uint32_t units = 0;
  /// Modulo 2^32.
  uint32_t records = 0;

  [[nodiscard]] uint64_t Pack() const { return (uint64_t{records} << 32U) | units; }
  static Position Unpack(uint64_t packed) {
    return Position{static_cast<uint32_t>(packed), static_cast<uint32_t>(packed >> 32U)};
  }
};

/// Written once, before `magic`, and never again.
struct Format {
  std::atomic<uint64_t> magic;
  uint32_t version;
  uint32_t flags;
  uint32_t capacity_units;
  /// 0: as many as there is room for.
  uint32_t max_records;
  uint32_t data_offset;
  uint32_t attachments;
  /// The inode of the PID namespace in which the attachments' pids mean something.
  uint64_t pid_namespace;
};

/// Who sleeps at one end until the other end moves.
struct WaitWords {
  /// A bit for each attachment, and `armed`.
  std::atomic<uint64_t> asleep;
  /// The futex. It changes at each waking.
  std::atomic<uint32_t> changes;
  /// Not 0: who moves the other end may do so without a fence behind it. See Waits.
  std::atomic<uint32_t> unfenced;
  /// At the pop end: a bit for each attachment that takes the next record for certain. Cleared under the push end's
  /// lock only, so that a producer who holds it may rely on it.
  std::atomic<uint64_t> wanted;
};

/// Cache lines of their own, in pairs, since processors fetch pairs: the position is written at each operation, the
/// waits only where someone sleeps.
struct alignas(128) End {
  std::atomic<uint64_t> position;
  /// See Lock. In a ring of one producer (consumer) it is held as long as that one is attached.
  std::atomic<uint32_t> lock;
  std::array<uint8_t, 116> rest_of_position;
  WaitWords waits;
  std::array<uint8_t, 104> rest_of_waits;
};

/// What an attachment is about to do, so that others can finish its books where it is killed in the middle: the
/// position's store is what makes the operation happen, and `target` tells whether it has.
struct Intent {
  /// Records pushed (popped) by this attachment.
  std::atomic<uint64_t> count;
  /// What `count` will be.
  std::atomic<uint64_t> next_count;
  /// The packed position that the end will have; `no_target` outside of an operation.
  std::atomic<uint64_t> target;
};
/// No position: its units are out of every range.
constexpr uint64_t no_target = ~uint64_t{0};

/// What others found when an attachment's process was dead.
enum Found : uint32_t {
  /// It held the end's lock.
  found_held = 1,
  /// It was in an operation that had happened: its count was brought up to date.
  found_finished = 2,
  /// It was in an operation that had not happened.
  found_undone = 4,
  // Shifted by `found_pop_shift`: the same for the pop end.
};
constexpr uint32_t found_pop_shift = 4;

/// `Attachment::owner`: a pid below, above it the state and a generation, which tells one use of the slot from another.
enum class SlotState : uint8_t {
  Free = 0,
  /// Its fields are being set.
  Claimed = 1,
  Attached = 2,
  /// Its process is dead, and the books are right. It may be used again.
  Dead = 3,
};

struct alignas(128) Attachment {
  std::atomic<uint64_t> owner;
  /// As /proc tells it: a pid alone may have become another process's.
  std::atomic<uint64_t> start_time;
  std::atomic<uint32_t> found;
  std::array<Intent, 2> intents;
};

struct Header {
  Format format;
  std::array<End, 2> ends;
  std::array<Attachment, max_attachments> attachments;
};

// Other processes, of other builds, lay it out by these numbers.
static_assert(sizeof(Format) <= 128 && sizeof(End) == 256 && offsetof(End, waits) == 128 && sizeof(Attachment) == 128);
static_assert(offsetof(Header, ends) == 128 && offsetof(Header, attachments) == 640);
static_assert(sizeof(Header) == 8704);
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

/// A record's first unit: its length in bytes below, above it the mark.
constexpr uint64_t RecordHeader(uint32_t length) { return (static_cast<uint64_t>(~length) << 32U) | length; }
/// The mark of a record that was taken back before anyone took it.
constexpr uint64_t WithdrawnHeader(uint32_t length) { return (uint64_t{length} << 32U) | length; }

constexpr uint32_t UnitsFor(size_t bytes) { return static_cast<uint32_t>(1 + ((bytes + unit_bytes - 1) / unit_bytes)); }

}  // namespace tsrpcgen::ring
