// A named semaphore by the plain calls: `posix_semaphore NAME`, then by lines: wait, trywait, post, value. `posix_semaphore NAME VALUE` makes it.
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *outcome(int result) { return result == 0 ? "0" : strerror(errno); }

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  sem_t *semaphore = argc > 2 ? sem_open(argv[1], O_CREAT | O_EXCL, 0600, atoi(argv[2])) : sem_open(argv[1], 0);
  if (semaphore == SEM_FAILED) {
    printf("%s\n", strerror(errno));
    return 1;
  }
  printf("open\n");
  char command[16];
  while (scanf("%15s", command) == 1) {
    int value = -1;
    if (strcmp(command, "wait") == 0) printf("%s\n", outcome(sem_wait(semaphore)));
    if (strcmp(command, "trywait") == 0) printf("%s\n", outcome(sem_trywait(semaphore)));
    if (strcmp(command, "post") == 0) printf("%s\n", outcome(sem_post(semaphore)));
    if (strcmp(command, "value") == 0) printf("%d\n", sem_getvalue(semaphore, &value) == 0 ? value : -1);
  }
  return 0;
}
