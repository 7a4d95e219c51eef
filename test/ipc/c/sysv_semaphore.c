// semop and semctl on the set that the argument names by its identifier.
//
//   op FLAGS INDEX BY [INDEX BY …]   "done"    FLAGS: n IPC_NOWAIT, u SEM_UNDO, - none
//   get INDEX                  value, GETNCNT, GETZCNT, GETPID
//   stat                       what IPC_STAT gives, then all values
//   set INDEX VALUE            "set"
//   remove                     "removed"
//   crash                      ends by SIGKILL
//   blocked INDEX COUNT COMMAND  the command, once so many wait for the semaphore
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <unistd.h>

#include "peer.h"

union argument {
  int value;
  struct semid_ds *status;
  unsigned short *values;
};

static void operate(int id, const char *rest) {
  struct sembuf operations[64];
  size_t count = 0;
  char letters[8];
  int at = 0;
  int used = 0;
  int index = 0;
  int by = 0;
  if (sscanf(rest, "%7s%n", letters, &at) != 1) exit(2);
  short flags = 0;
  if (strchr(letters, 'n')) flags |= IPC_NOWAIT;
  if (strchr(letters, 'u')) flags |= SEM_UNDO;
  for (; count < 64 && sscanf(rest + at, "%d %d%n", &index, &by, &used) == 2; at += used, count += 1)
    operations[count] = (struct sembuf){(unsigned short)index, (short)by, flags};
  if (semop(id, operations, count) != 0) return say_error();
  printf("done\n");
}

static void say_status(int id) {
  struct semid_ds status;
  unsigned short values[1024];
  union argument argument = {.status = &status};
  if (semctl(id, 0, IPC_STAT, argument) != 0) return say_error();
  printf("%u %u %u %u %o %lu %ld %ld", status.sem_perm.uid, status.sem_perm.gid, status.sem_perm.cuid,
         status.sem_perm.cgid, status.sem_perm.mode & 0777U, status.sem_nsems, status.sem_otime, status.sem_ctime);
  argument.values = values;
  if (semctl(id, 0, GETALL, argument) != 0) exit(2);
  for (size_t i = 0; i < status.sem_nsems; i += 1) printf(" %u", values[i]);
  printf("\n");
}

static void run(int id, char *line) {
  int index = 0;
  union argument argument;
  char *rest;
  if ((rest = after(line, "op")) != NULL) {
    operate(id, rest);
  } else if ((rest = after(line, "get")) != NULL) {
    index = atoi(rest);
    const int value = semctl(id, index, GETVAL);
    if (value < 0) return say_error();
    printf("%d %d %d %d\n", value, semctl(id, index, GETNCNT), semctl(id, index, GETZCNT), semctl(id, index, GETPID));
  } else if (after(line, "stat") != NULL) {
    say_status(id);
  } else if ((rest = after(line, "set")) != NULL && sscanf(rest, "%d %d", &index, &argument.value) == 2) {
    if (semctl(id, index, SETVAL, argument) != 0) return say_error();
    printf("set\n");
  } else if (after(line, "remove") != NULL) {
    if (semctl(id, 0, IPC_RMID) != 0) return say_error();
    printf("removed\n");
  } else if (after(line, "crash") != NULL) {
    raise(SIGKILL);
  } else {
    exit(2);
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 2) return 2;
  const int id = atoi(argv[1]);
  char line[4096];
  int index = 0;
  int count = 0;
  int at = 0;
  while (next_line(line, sizeof line) != NULL) {
    char *rest = after(line, "blocked");
    if (rest == NULL) {
      run(id, line);
    } else if (sscanf(rest, "%d %d %n", &index, &count, &at) == 2) {
      while (semctl(id, index, GETNCNT) + semctl(id, index, GETZCNT) < count) sched_yield();
      run(id, rest + at);
    }
  }
  return 0;
}
