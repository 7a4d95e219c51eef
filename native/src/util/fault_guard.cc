#include "fault_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace tsrpcgen {
namespace {

/// One range. `begin` is 0 where the slot is free; it is written last, and read first and last.
struct Range {
  std::atomic<uintptr_t> begin = 0;
  std::atomic<uintptr_t> end = 0;
  std::atomic<size_t> lost = 0;
  std::atomic<size_t> copied = 0;
  /// A fault of writing in a range that may be written to is none of ours: code that is to be run, say.
  std::atomic<bool> writable = false;
};

// Signals belong to the process, so this state does too: every environment's mappings are here.
std::array<Range, FaultGuard::max_ranges> ranges;
/// Slots ever used: the handler looks no further.
std::atomic<size_t> used_slots = 0;
std::mutex registration;
struct sigaction previous_bus {};
struct sigaction previous_segv {};
size_t page_bytes = 0;

static_assert(std::atomic<uintptr_t>::is_always_lock_free, "a signal handler may not wait for a lock");

size_t PagesIn(uintptr_t begin, uintptr_t end) { return (end - begin + page_bytes - 1) / page_bytes; }

/// Calls `visit(range, begin, end)` for every range that has the address: the same memory may be guarded twice.
template <typename Visit>
void ForEachAround(uintptr_t address, Visit visit) {
  const size_t used = used_slots.load(std::memory_order_acquire);
  for (size_t slot = 0; slot < used; slot += 1) {
    Range& range = ranges.at(slot);
    const uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin) continue;
    const uintptr_t end = range.end.load(std::memory_order_acquire);
    // Between the two reads the slot may have become another range's: begin and end must be of one.
    if (address < end && range.begin.load(std::memory_order_relaxed) == begin) visit(range, begin, end);
  }
}

// What follows runs in a signal handler: nothing but calls of the kernel.

void* Anonymous(void* place, size_t size, int flags) {
  return mmap(place, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

/// Zeros in the place of what is there, at once for all threads.
bool PutZeros(uintptr_t begin, uintptr_t end) {
  return Anonymous(reinterpret_cast<void*>(begin), end - begin, MAP_FIXED) != MAP_FAILED;
}

/// The same, where the kernel refuses since the process has as many mappings as it may.
bool PutZerosWithoutRoom(uintptr_t begin, uintptr_t end) {
  if (PutZeros(begin, end)) return true;
#if defined(MAP_FIXED_NOREPLACE)
  // Not at once, but to unmap whole mappings is always possible. Where another thread gets the addresses, we give up.
  if (munmap(reinterpret_cast<void*>(begin), end - begin) != 0) return false;
  return Anonymous(reinterpret_cast<void*>(begin), end - begin, MAP_FIXED_NOREPLACE) != MAP_FAILED;
#else
  return false;
#endif
}

/// A copy of a page, which is ours, in its place.
bool PutCopy(uintptr_t address) {
  auto* page = reinterpret_cast<void*>(address);
  void* fresh = Anonymous(nullptr, page_bytes, 0);
  if (fresh == MAP_FAILED) return false;
  // Where the page goes now, this raises SIGBUS, and goes on with zeros.
  std::memcpy(fresh, page, page_bytes);
#if defined(__linux__)
  if (mremap(fresh, page_bytes, page_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, page) != MAP_FAILED) return true;
  munmap(fresh, page_bytes);
  return false;
#else
  const bool placed = PutZeros(address, address + page_bytes);
  if (placed) std::memcpy(page, fresh, page_bytes);
  munmap(fresh, page_bytes);
  return placed;
#endif
}

/// Whether the kernel says that the access failed for what the range is guarded against.
bool Ours(int number, const siginfo_t& info) {
  // Someone else's kill or sigqueue: the address is none.
  if (info.si_code <= 0) return false;
  if (number == SIGSEGV) return info.si_code == SEGV_ACCERR;
#if defined(__linux__)
  // Not a memory that is broken, nor an address that is not aligned: the page would fault for ever.
  return info.si_code == BUS_ADRERR;
#else
  return true;
#endif
}

/// A range loses so many pages one by one. Then it is no page that was lost, but the end of the file: all from there on
/// is replaced, since each page apart is a mapping more, and the kernel has a bound for those.
constexpr size_t max_single_pages = 64;

/// @returns how many pages were replaced; 0 where nothing helps
size_t MendIn(Range& range, uintptr_t begin, uintptr_t end, uintptr_t page, bool writing) {
  if (writing) {
    if (range.writable.load(std::memory_order_relaxed)) return 0;
    // Each page is copied once. More is a fault that a copy does not mend. (Threads that write to the same page at the
    // same time copy it each: one's first writes are lost.)
    if (range.copied.fetch_add(1, std::memory_order_relaxed) > 4 * PagesIn(begin, end)) return 0;
    if (PutCopy(page)) return 1;
  } else {
    const bool one = range.lost.load(std::memory_order_relaxed) < max_single_pages;
    const uintptr_t to = one ? page + page_bytes : end;
    if (PutZeros(page, to)) return PagesIn(page, to);
  }
  return PutZerosWithoutRoom(begin, end) ? PagesIn(begin, end) : 0;
}

/// @returns whether the access can be made again
bool Mend(uintptr_t address, bool writing) {
  size_t lost = 0;
  ForEachAround(address, [&](Range& range, uintptr_t begin, uintptr_t end) {
    if (lost == 0) lost = MendIn(range, begin, end, address & ~(page_bytes - 1), writing);
    range.lost.fetch_add(lost, std::memory_order_relaxed);
  });
  return lost > 0;
}

void Chain(const struct sigaction& previous, int number, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(number, info, context);
  const bool sent = info->si_code <= 0;
  if (previous.sa_handler == SIG_IGN && sent) return;
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(number);
  // The access is made again on return, and ends the process as it would have without us. What was sent comes only
  // once.
  static_cast<void>(signal(number, SIG_DFL));
  if (sent) static_cast<void>(raise(number));
}

void OnFault(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const bool segv = number == SIGSEGV;
  const bool mended = Ours(number, *info) && Mend(reinterpret_cast<uintptr_t>(info->si_addr), segv);
  errno = saved_errno;
  if (!mended) Chain(segv ? previous_segv : previous_bus, number, info, context);
}

void InstallOnce() {
  if (page_bytes != 0) return;
  page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  // Known before our handler may run on another thread.
  sigaction(SIGBUS, nullptr, &previous_bus);
  sigaction(SIGSEGV, nullptr, &previous_segv);
  struct sigaction action {};
  action.sa_sigaction = OnFault;
  // On the alternate stack where a thread has one, as V8's own handler runs.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, nullptr);
  sigaction(SIGSEGV, &action, nullptr);
}

}  // namespace

FaultGuard::FaultGuard(const void* begin, size_t size, bool writable) {
  const std::lock_guard lock(registration);
  InstallOnce();
  size_t slot = 0;
  while (slot < max_ranges && ranges.at(slot).begin.load(std::memory_order_relaxed) != 0) slot += 1;
  if (slot == max_ranges) return;
  Range& range = ranges.at(slot);
  const auto from = reinterpret_cast<uintptr_t>(begin);
  range.lost.store(0, std::memory_order_relaxed);
  range.copied.store(0, std::memory_order_relaxed);
  range.writable.store(writable, std::memory_order_relaxed);
  // The last page is mapped whole.
  range.end.store(from + ((size + page_bytes - 1) & ~(page_bytes - 1)), std::memory_order_release);
  range.begin.store(from, std::memory_order_release);
  if (slot >= used_slots.load(std::memory_order_relaxed)) used_slots.store(slot + 1, std::memory_order_release);
  slot_ = slot;
}

size_t FaultGuard::Lost() const {
  if (!Registered()) return 0;
  const Range& range = ranges.at(slot_);
  // A page may have been replaced more than once.
  return std::min(range.lost.load(std::memory_order_relaxed), PagesIn(range.begin, range.end));
}

void FaultGuard::Remove() {
  if (!Registered()) return;
  const std::lock_guard lock(registration);
  ranges.at(slot_).begin.store(0, std::memory_order_release);
  slot_ = max_ranges;
}

}  // namespace tsrpcgen
