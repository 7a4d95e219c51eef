#pragma once

#include <sys/types.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include <cstddef>

namespace tsrpcgen {

// read(2) and write(2) without libc, whose own are points where a thread may be cancelled: in a process of several
// threads that costs a fifth of a short call. Nobody cancels a thread here.

inline ssize_t RawRead(int fd, void* bytes, size_t size) {
#if defined(__linux__)
  return syscall(SYS_read, fd, bytes, size);
#else
  return read(fd, bytes, size);
#endif
}

inline ssize_t RawWrite(int fd, const void* bytes, size_t size) {
#if defined(__linux__)
  return syscall(SYS_write, fd, bytes, size);
#else
  return write(fd, bytes, size);
#endif
}

}  // namespace tsrpcgen
