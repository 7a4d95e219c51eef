// A library that faults as it is loaded, in memory that nobody guards: FAULT=SIGSEGV or FAULT=SIGBUS.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((constructor)) static void fault(void) {
  const char *which = getenv("FAULT");
  volatile char *memory = NULL;
  if (strcmp(which, "SIGBUS") == 0)
    memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memfd_create("empty", 0), 0);
  *memory = 1;
}
