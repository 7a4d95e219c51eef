#pragma once

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <time.h>
#endif

#include "../util/deadline.h"

namespace tsrpcgen::ring {

/// Sleeps while `word` is `seen`, at most so long. Across processes: the word's memory is shared.
/// @returns 0 (woken, perhaps for nothing), EAGAIN (it is another already), ETIMEDOUT, EINTR, or EFAULT: the memory is
/// gone
inline int FutexWait(std::atomic<uint32_t>& word, uint32_t seen, std::chrono::nanoseconds longest) {
#if defined(__linux__)
  const timespec time = Deadline::Timespec(longest);
  return syscall(SYS_futex, &word, FUTEX_WAIT, seen, &time, nullptr, 0) == 0 ? 0 : errno;
#else
  // There is none that works across processes everywhere: we look again and again.
  constexpr std::chrono::nanoseconds look = std::chrono::milliseconds(1);
  if (word.load(std::memory_order_acquire) != seen) return EAGAIN;
  const timespec time = Deadline::Timespec(std::min(longest, look));
  if (nanosleep(&time, nullptr) != 0) return errno;
  return longest > look ? 0 : ETIMEDOUT;
#endif
}

inline void FutexWake(std::atomic<uint32_t>& word, int sleepers) {
#if defined(__linux__)
  syscall(SYS_futex, &word, FUTEX_WAKE, sleepers, nullptr, nullptr, 0);
#else
  static_cast<void>(word);
  static_cast<void>(sleepers);
#endif
}

/// What a loop does that looks at memory until another processor changes it.
inline void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// At least so long.
inline void PauseFor(std::chrono::nanoseconds time) {
  const auto end = Deadline::Clock::now() + time;
  while (Deadline::Clock::now() < end) Pause();
}

}  // namespace tsrpcgen::ring
