#include "descriptor_io.h"

namespace tsrpcgen {

int WaitForDescriptor(int fd, short events, Deadline deadline) {
  pollfd wanted{};
  wanted.fd = fd;
  wanted.events = events;
  for (;;) {
    const timespec left = deadline.Remaining();
#if defined(__linux__)
    const int count = ppoll(&wanted, 1, deadline.Bounded() ? &left : nullptr, nullptr);
#else
    const int count = poll(
        &wanted, 1, deadline.Bounded() ? static_cast<int>((left.tv_sec * 1000) + (left.tv_nsec / 1000000) + 1) : -1);
#endif
    if (count > 0) return 0;
    if (count == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
}

}  // namespace tsrpcgen
