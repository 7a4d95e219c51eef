#pragma once

#include <semaphore.h>

#if defined(__GLIBC__) && defined(__LP64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TSRPCGEN_GLIBC_SEMAPHORE

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>

namespace tsrpcgen {

/// glibc's semaphore of 64-bit machines (since 2.21): below the value, above how many wait; then whether it is private.
class GlibcSemaphore {
 public:
  explicit GlibcSemaphore(void* memory) : data_(static_cast<uint64_t*>(memory)) {}

  /// Whether glibc's own calls agree on where the value is.
  static bool LayoutIsKnown() {
    sem_t semaphore{};
    if (sem_init(&semaphore, 1, 7) != 0) return false;
    const bool posted = sem_post(&semaphore) == 0;
    GlibcSemaphore seen(&semaphore);
    const bool known = posted && seen.Load() == 8 && seen.TryWait() == 0;
    int value = 0;
    return known && sem_getvalue(&semaphore, &value) == 0 && value == 7;
  }

  [[nodiscard]] int Value() const {
    const auto value = static_cast<uint32_t>(Load());
    return value > INT_MAX ? INT_MAX : static_cast<int>(value);
  }

  int TryWait() { return Take(0) ? 0 : EAGAIN; }

  /// @param gone whether the memory was taken away: nobody would post any more
  template <typename Gone>
  int Wait(Gone gone) {
    if (TryWait() == 0) return 0;
    __atomic_fetch_add(data_, one_waiter, __ATOMIC_RELAXED);
    for (;;) {
      if (Take(one_waiter)) return 0;
      const bool lost = gone();
      if (!lost && (Futex(FUTEX_WAIT, 0) == 0 || errno == EAGAIN)) continue;
      const int error = lost ? ENOTRECOVERABLE : errno;
      __atomic_fetch_sub(data_, one_waiter, __ATOMIC_RELAXED);
      return error;
    }
  }

  int Post() {
    uint64_t seen = Load();
    do {
      if (static_cast<uint32_t>(seen) >= SEM_VALUE_MAX) return EOVERFLOW;
    } while (!Swap(seen, seen + 1, __ATOMIC_RELEASE));
    if (seen >= one_waiter) Futex(FUTEX_WAKE, 1);
    return 0;
  }

 private:
  static constexpr uint64_t one_waiter = uint64_t{1} << 32;

  [[nodiscard]] uint64_t Load() const { return __atomic_load_n(data_, __ATOMIC_RELAXED); }
  bool Swap(uint64_t& seen, uint64_t wanted, int order) {
    return __atomic_compare_exchange_n(data_, &seen, wanted, false, order, __ATOMIC_RELAXED);
  }
  /// Lowers the value, and with it how many wait.
  bool Take(uint64_t waiters) {
    uint64_t seen = Load();
    while (static_cast<uint32_t>(seen) > 0) {
      if (Swap(seen, seen - 1 - waiters, __ATOMIC_ACQUIRE)) return true;
    }
    return false;
  }
  /// Never private: other processes are what it is for.
  long Futex(int operation, uint32_t value) { return syscall(SYS_futex, data_, operation, value, nullptr, nullptr, 0); }

  uint64_t* data_;
};

}  // namespace tsrpcgen

#endif
