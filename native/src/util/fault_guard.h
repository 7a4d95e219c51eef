#pragma once

#include <cstddef>
#include <cstdint>

namespace tsrpcgen {

/// Memory that others can take from under us must not end the process: where the file behind a mapping was truncated,
/// an access raises SIGBUS; where a page is for reading, a write raises SIGSEGV. In a guarded range the handler puts a
/// page of our own in the place of the one that faulted (zeros; or a copy of what can still be read), and counts it.
/// Every other fault goes to the handler that was there before.
class FaultGuard {
 public:
  /// Ranges that can be guarded at a time, in the whole process. The handler looks through them, so they can't grow.
  static constexpr size_t max_ranges = 4096;

  /// `begin` is the start of a page. The handler is installed with the first guard, and stays.
  FaultGuard(const void* begin, size_t size, bool writable);
  ~FaultGuard() { Remove(); }
  FaultGuard(const FaultGuard&) = delete;
  FaultGuard& operator=(const FaultGuard&) = delete;
  FaultGuard(FaultGuard&&) = delete;
  FaultGuard& operator=(FaultGuard&&) = delete;

  [[nodiscard]] bool Registered() const { return slot_ < max_ranges; }
  [[nodiscard]] size_t Lost() const;
  void Remove();

 private:
  size_t slot_ = max_ranges;
};

}  // namespace tsrpcgen
