// Maps what we map, with the plain system calls: `mapping shm NAME`, `mapping file PATH`, `mapping fd NUMBER`, or
// `mapping memfd SIZE SEALS`, which makes one and says its descriptor (`huge`: of huge pages). Then by lines: get, set, resize (two numbers each).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int opened(const char *kind, const char *target, const char *seals) {
  if (strcmp(kind, "shm") == 0) return shm_open(target, O_RDWR, 0);
  if (strcmp(kind, "file") == 0) return open(target, O_RDWR);
  if (strcmp(kind, "fd") == 0) return atoi(target);
  const unsigned int flags = strcmp(kind, "huge") == 0 ? MFD_HUGETLB : 0;
  int fd = memfd_create("peer", MFD_ALLOW_SEALING | flags);
  if (fd < 0 || ftruncate(fd, atol(target)) != 0 || fcntl(fd, F_ADD_SEALS, atoi(seals)) != 0) return -1;
  return fd;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  int fd = opened(argv[1], argv[2], argc > 3 ? argv[3] : "0");
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) {
    printf("%s\n", strerrorname_np(errno));
    return 1;
  }
  if (strcmp(argv[1], "huge") == 0) {
    // There may be no huge page to map; its descriptor is there.
    printf("%d %ld\n", fd, (long)status.st_size);
    return getchar() == EOF ? 0 : 1;
  }
  unsigned char *memory = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) memory = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return 1;
  printf("%d %ld\n", fd, (long)status.st_size);
  char command[16];
  long where, value;
  while (scanf("%15s %ld %ld", command, &where, &value) == 3) {
    if (strcmp(command, "get") == 0) printf("%d\n", memory[where]);
    if (strcmp(command, "set") == 0) printf("%d\n", memory[where] = (unsigned char)value);
    if (strcmp(command, "resize") == 0) printf("%s\n", ftruncate(fd, where) == 0 ? "0" : strerrorname_np(errno));
  }
  return 0;
}
