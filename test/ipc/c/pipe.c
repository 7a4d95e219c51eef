// Uses pipes and FIFOs by the plain system calls.
//   pipe cat           what comes at descriptor 0, with `nonblocking` first where that descriptor is
//   pipe write N BYTE  N times PIPE_BUF bytes of a letter to descriptor 3
//   pipe read FILE     what is in a FIFO, to standard output
//   pipe say FILE TEXT into a FIFO
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char bytes[PIPE_BUF];

static void copy(int from) {
  ssize_t count;
  while ((count = read(from, bytes, sizeof bytes)) > 0)
    if (write(1, bytes, count) != count) abort();
  printf(count == 0 ? "|end\n" : "|error\n");
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  if (strcmp(argv[1], "cat") == 0) {
    if (fcntl(0, F_GETFL) & O_NONBLOCK) write(1, "nonblocking", 11) < 0 ? abort() : (void)0;
    copy(0);
  } else if (strcmp(argv[1], "write") == 0) {
    memset(bytes, argv[3][0], sizeof bytes);
    for (int i = atoi(argv[2]); i > 0; i -= 1)
      if (write(3, bytes, sizeof bytes) != sizeof bytes) return 1;
  } else if (strcmp(argv[1], "read") == 0) {
    copy(open(argv[2], O_RDONLY));
  } else {
    int fd = open(argv[2], O_WRONLY);
    if (write(fd, argv[3], strlen(argv[3])) < 0) return 1;
  }
  return 0;
}
