// Waits and wakes at words of the POSIX shared memory that its argument names.
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  int fd = shm_open(argv[1], O_RDWR, 0);
  if (fd < 0) return 3;
  char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return 4;
  printf("ready\n");
  char line[64];
  unsigned offset;
  uint32_t value;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "wait %u %u", &offset, &value) == 2) {
      long result = syscall(SYS_futex, memory + offset, FUTEX_WAIT, value, NULL, NULL, 0);
      printf("%s\n", result == 0 ? "ok" : errno == EAGAIN ? "not-equal" : strerror(errno));
    } else if (sscanf(line, "wake %u %u", &offset, &value) == 2) {
      printf("%ld\n", syscall(SYS_futex, memory + offset, FUTEX_WAKE, value, NULL, NULL, 0));
    } else if (sscanf(line, "set %u %u", &offset, &value) == 2) {
      __atomic_store_n((uint32_t *)(memory + offset), value, __ATOMIC_SEQ_CST);
      printf("set\n");
    }
  }
  return 0;
}
