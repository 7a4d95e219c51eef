#include "fault_guard.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace tsrpcgen {
namespace {

/// One range. `begin` is 0 where the slot is free; it is written last, and read first.
struct Range {
  std::atomic<uintptr_t> begin = 0;
  std::atomic<uintptr_t> end = 0;
  std::atomic<size_t> lost = 0;
};

// Signals belong to the process, so this state does too: every environment's mappings are here.
std::array<Range, FaultGuard::max_ranges> ranges;
/// Slots ever used: the handler looks no further.
std::atomic<size_t> used_slots = 0;
std::mutex registration;
struct sigaction previous_bus {};
struct sigaction previous_segv {};
size_t page_bytes = 0;

Range* Find(uintptr_t address) {
  const size_t used = used_slots.load(std::memory_order_acquire);
  for (size_t slot = 0; slot < used; slot += 1) {
    Range& range = ranges.at(slot);
    const uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin != 0 && address >= begin && address < range.end.load(std::memory_order_relaxed)) return &range;
  }
  return nullptr;
}

/// A page of our own in the place of the one at `page`. Only calls of the kernel: this runs in a signal handler.
bool Replace(void* page, bool with_its_content) {
  void* fresh = mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (fresh == MAP_FAILED) return false;
  if (with_its_content) std::memcpy(fresh, page, page_bytes);
#if defined(__linux__)
  if (mremap(fresh, page_bytes, page_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, page) != MAP_FAILED) return true;
  munmap(fresh, page_bytes);
  return false;
#else
  void* placed = mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (placed != MAP_FAILED && with_its_content) std::memcpy(page, fresh, page_bytes);
  munmap(fresh, page_bytes);
  return placed != MAP_FAILED;
#endif
}

void Chain(const struct sigaction& previous, int number, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(number, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(number);
  // The access is made again on return, and ends the process as it would have without us.
  static_cast<void>(signal(number, SIG_DFL));
}

void OnFault(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  const bool segv = number == SIGSEGV;
  // A write to a page for reading; anything else of SIGSEGV in the range is no matter of ours.
  Range* range = segv && info->si_code != SEGV_ACCERR ? nullptr : Find(address);
  if (range != nullptr && Replace(reinterpret_cast<void*>(address & ~(page_bytes - 1)), segv)) {
    range->lost.fetch_add(1, std::memory_order_relaxed);
    errno = saved_errno;
    return;
  }
  errno = saved_errno;
  Chain(segv ? previous_segv : previous_bus, number, info, context);
}

void InstallOnce() {
  if (page_bytes != 0) return;
  page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = OnFault;
  // On the alternate stack where a thread has one, as V8's own handler runs.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous_bus);
  sigaction(SIGSEGV, &action, &previous_segv);
}

}  // namespace

FaultGuard::FaultGuard(const void* begin, size_t size) {
  const std::lock_guard lock(registration);
  InstallOnce();
  size_t slot = 0;
  while (slot < max_ranges && ranges.at(slot).begin.load(std::memory_order_relaxed) != 0) slot += 1;
  if (slot == max_ranges) return;
  Range& range = ranges.at(slot);
  const auto from = reinterpret_cast<uintptr_t>(begin);
  range.lost.store(0, std::memory_order_relaxed);
  // The last page is mapped whole.
  range.end.store(from + ((size + page_bytes - 1) & ~(page_bytes - 1)), std::memory_order_relaxed);
  range.begin.store(from, std::memory_order_release);
  if (slot >= used_slots.load(std::memory_order_relaxed)) used_slots.store(slot + 1, std::memory_order_release);
  slot_ = slot;
}

size_t FaultGuard::Lost() const { return Registered() ? ranges.at(slot_).lost.load(std::memory_order_relaxed) : 0; }

void FaultGuard::Remove() {
  if (!Registered()) return;
  const std::lock_guard lock(registration);
  ranges.at(slot_).begin.store(0, std::memory_order_release);
  slot_ = max_ranges;
}

}  // namespace tsrpcgen
