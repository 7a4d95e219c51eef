#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "attachments.h"
#include "futex.h"
#include "layout.h"
#include "memory.h"

namespace tsrpcgen::ring {

/// Sleeping until the other end moves, and waking.
///
/// Nobody is woken in vain, and nobody sleeps on: who sleeps says so (its bit in `asleep`) and then looks at the
/// position once more; who moves the position then looks whether anyone sleeps. Both have a sequentially consistent
/// fence between the two, so one of them at least sees the other. Whoever is killed between moving and waking leaves
/// sleepers behind: they look by themselves each `look_again`. JavaScript (src/ipc/ring-direct.ts) moves it without the
/// fence where it has said so (`unfenced`), and for as long as a store is on its way out of a processor neither may see
/// the other: then a sleeper waits so long, and looks once more.
class Waits {
 public:
  static constexpr std::chrono::milliseconds look_again{100};
  /// Ten times as long as a store takes to another processor's cache.
  static constexpr std::chrono::microseconds on_its_way{5};

  Waits(Memory& memory, Attachments& attachments) : memory_(memory), attachments_(attachments) {}

  /// After the other end has moved: wakes those who sleep at `side`. @returns whether someone sleeps elsewhere, and is
  /// to be told; it is told once
  bool Wake(Side side) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    WaitWords& waits = memory_.EndOf(side).waits;
    const uint64_t asleep = waits.asleep.load(std::memory_order_relaxed);
    return asleep != 0 && WakeSleepers(side, asleep);
  }

  /// One sleep at `side`, of `look_again` at most, unless `ready()` says that there is no need.
  /// @returns 0 where it says so; EINTR where it is to be asked again, and nothing has been changed meanwhile
  template <typename Ready>
  int SleepOnce(Side side, std::chrono::nanoseconds longest, Ready ready) {
    Enter(side);
    std::atomic<uint32_t>& changes = memory_.EndOf(side).waits.changes;
    const uint32_t seen = changes.load(std::memory_order_acquire);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    bool is_ready = ready();
    if (!is_ready && memory_.EndOf(side).waits.unfenced.load(std::memory_order_relaxed) != 0) {
      PauseFor(on_its_way);
      is_ready = ready();
    }
    if (!is_ready) {
      // EFAULT: the memory is gone, and `ready` sees that it is lost.
      FutexWait(changes, seen, std::min<std::chrono::nanoseconds>(longest, look_again));
      is_ready = ready();
    }
    Leave(side);
    return is_ready ? 0 : EINTR;
  }

  /// Says that someone sleeps elsewhere. The caller then looks once more, and `Disarm`s where it need not sleep.
  void Arm(Side side) {
    memory_.EndOf(side).waits.asleep.fetch_or(armed, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  void Disarm(Side side) { memory_.EndOf(side).waits.asleep.fetch_and(~armed, std::memory_order_relaxed); }

 private:
  void Enter(Side side);
  void Leave(Side side);
  bool WakeSleepers(Side side, uint64_t asleep);

  Memory& memory_;
  Attachments& attachments_;
  /// The bit is the attachment's, and several threads may sleep for it.
  std::mutex mutex_;
  std::array<uint32_t, 2> sleepers_{};
};

}  // namespace tsrpcgen::ring
