#include "pages.h"

#include <sys/mman.h>
#include <sys/shm.h>

namespace tsrpcgen {

Pages::Pages(uint8_t* data, size_t size, Kind kind, bool writable)
    : data_(data), size_(size), kind_(kind), writable_(writable), guard_(data, size, writable) {}

std::shared_ptr<Pages> Pages::Adopt(void* address, size_t size, Kind kind, bool writable) {
  std::shared_ptr<Pages> pages(new Pages(static_cast<uint8_t*>(address), size, kind, writable));
  return pages->guard_.Registered() ? pages : nullptr;
}

void Pages::Withdraw() {
#if !defined(__linux__)
  // There shmdt wants to find all of it.
  if (kind_ == Kind::SystemV) return;
#endif
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  if (mmap(data_, size_, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) return;
  guard_.Remove();
}

Pages::~Pages() {
  // Before the addresses can be anyone else's.
  guard_.Remove();
#if defined(__linux__)
  // It detaches a segment of System V too, and takes with it what the guard has put in place of pages.
  munmap(data_, size_);
#else
  if (kind_ == Kind::SystemV)
    shmdt(data_);
  else
    munmap(data_, size_);
#endif
}

}  // namespace tsrpcgen
