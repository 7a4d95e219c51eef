// Adds to and takes from the eventfd that it has as descriptor 3. Whoever has it may have made it O_NONBLOCK.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_for(short events) {
  struct pollfd wanted = {.fd = 3, .events = events};
  poll(&wanted, 1, -1);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  char line[64];
  while (fgets(line, sizeof line, stdin) != NULL) {
    uint64_t count = 0;
    if (sscanf(line, "add %" SCNu64, &count) == 1) {
      while (write(3, &count, sizeof count) < 0 && errno == EAGAIN) wait_for(POLLOUT);
      printf("added\n");
    } else if (strcmp(line, "take\n") == 0) {
      printf("taking\n");
      while (read(3, &count, sizeof count) < 0 && errno == EAGAIN) wait_for(POLLIN);
      printf("%" PRIu64 "\n", count);
    }
  }
  return 0;
}
