#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "fault_guard.h"

namespace tsrpcgen {

/// Shared memory as it is mapped here, unmapped when the last that holds it lets go: the ArrayBuffer, a ring, a thread
/// that waits in it.
class Pages {
 public:
  enum class Kind { Mapped, SystemV };

  /// Takes over what mmap or shmat has given. Yields nothing, and has unmapped it, where no more ranges can be guarded.
  static std::shared_ptr<Pages> Adopt(void* address, size_t size, Kind kind, bool writable);

  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  Pages(Pages&&) = delete;
  Pages& operator=(Pages&&) = delete;

  /// Lets go of the memory, and keeps its addresses: who still reads or writes there, on whatever thread, does it in
  /// pages of our own. For the last that needs the memory. Where the kernel refuses, it stays.
  void Withdraw();

  [[nodiscard]] uint8_t* Data() const { return data_; }
  [[nodiscard]] size_t Size() const { return size_; }
  [[nodiscard]] bool Writable() const { return writable_; }
  /// Pages that are no longer shared: what was behind them is gone (someone truncated the file), or they were written
  /// to where only reading is allowed.
  [[nodiscard]] size_t Lost() const { return guard_.Lost(); }

 private:
  Pages(uint8_t* data, size_t size, Kind kind, bool writable);

  uint8_t* data_;
  size_t size_;
  /// Linux need not know.
  [[maybe_unused]] Kind kind_;
  bool writable_;
  FaultGuard guard_;
};

}  // namespace tsrpcgen
