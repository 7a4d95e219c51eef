#pragma once

#include <semaphore.h>

#include <memory>
#include <string>

#include "fault_guard.h"
#include "pages.h"

namespace tsrpcgen {

/// A named semaphore as it is mapped here. Anyone who may use it can also write what he likes into it, or truncate it,
/// and glibc aborts the process where the words make no sense. So on the libc whose layout we know the operations are
/// ours: whatever is in the memory, each ends with 0 or an errno.
class SemaphoreMemory {
 public:
  /// sem_open(3). Yields nothing, and errno in `error`, where that fails.
  static std::shared_ptr<SemaphoreMemory> Open(const std::string& name, int flags, unsigned mode, unsigned value,
                                               int& error);
  ~SemaphoreMemory();
  SemaphoreMemory(const SemaphoreMemory&) = delete;
  SemaphoreMemory& operator=(const SemaphoreMemory&) = delete;
  SemaphoreMemory(SemaphoreMemory&&) = delete;
  SemaphoreMemory& operator=(SemaphoreMemory&&) = delete;

  // Each returns 0 or errno; ENOTRECOVERABLE where the memory was taken away.
  int TryWait();
  /// One wait, until a signal comes (EINTR).
  int Wait();
  int Post();
  int Value(int& value);

 private:
  explicit SemaphoreMemory(std::shared_ptr<Pages> pages);
  explicit SemaphoreMemory(sem_t* opened);
  [[nodiscard]] int Checked(int error) const;

  /// Where the layout is known: our own mapping.
  std::shared_ptr<Pages> pages_;
  /// Elsewhere: what sem_open gave, and its guard.
  sem_t* opened_ = nullptr;
  std::unique_ptr<FaultGuard> guard_;
};

}  // namespace tsrpcgen
