// shmat and shmctl on the segment that the argument names by its identifier, and ftok.
//
//   attach [r]                 "attached", with SHM_RDONLY or not
//   detach                     "detached"
//   read OFFSET COUNT          the bytes, as text
//   write OFFSET TEXT          "written"
//   size KEY                   the size, as shmget finds it by its key
//   stat                       what IPC_STAT gives
//   remove                     "removed"
//   ftok PROJECT PATH          the key
//   huge BYTES                 the identifier of a new one, of huge pages
#define _GNU_SOURCE
#include <sys/ipc.h>
#include <sys/shm.h>

#include "peer.h"

static void say_status(int id) {
  struct shmid_ds status;
  if (shmctl(id, IPC_STAT, &status) != 0) return say_error();
  printf("%u %u %u %u %o %zu %lu %d %d %ld %ld %ld %d\n", status.shm_perm.uid, status.shm_perm.gid,
         status.shm_perm.cuid, status.shm_perm.cgid, status.shm_perm.mode & 0777U, status.shm_segsz, status.shm_nattch,
         status.shm_cpid, status.shm_lpid, status.shm_atime, status.shm_dtime, status.shm_ctime,
         (status.shm_perm.mode & SHM_DEST) != 0);
}

static void run(int id, char *line) {
  static char *memory;
  int offset = 0;
  int count = 0;
  char *rest;
  if ((rest = after(line, "attach")) != NULL) {
    void *address = shmat(id, NULL, *rest == 'r' ? SHM_RDONLY : 0);
    if (address == (void *)-1) return say_error();
    memory = address;
    printf("attached\n");
  } else if (after(line, "detach") != NULL) {
    if (shmdt(memory) != 0) return say_error();
    printf("detached\n");
  } else if ((rest = after(line, "read")) != NULL && sscanf(rest, "%d %d", &offset, &count) == 2) {
    printf("%.*s\n", count, memory + offset);
  } else if ((rest = after(line, "write")) != NULL && sscanf(rest, "%d %n", &offset, &count) == 1) {
    memcpy(memory + offset, rest + count, strlen(rest + count));
    printf("written\n");
  } else if ((rest = after(line, "size")) != NULL) {
    struct shmid_ds status;
    const int found = shmget((key_t)atol(rest), 0, 0);
    if (found < 0 || shmctl(found, IPC_STAT, &status) != 0) return say_error();
    printf("%zu\n", status.shm_segsz);
  } else if (after(line, "stat") != NULL) {
    say_status(id);
  } else if (after(line, "remove") != NULL) {
    if (shmctl(id, IPC_RMID, NULL) != 0) return say_error();
    printf("removed\n");
  } else if ((rest = after(line, "ftok")) != NULL && sscanf(rest, "%d %n", &offset, &count) == 1) {
    const key_t key = ftok(rest + count, offset);
    if (key == -1) return say_error();
    printf("%d\n", key);
  } else if ((rest = after(line, "huge")) != NULL) {
    const int made = shmget(IPC_PRIVATE, (size_t)atol(rest), IPC_CREAT | SHM_HUGETLB | 0600);
    if (made < 0) return say_error();
    printf("%d\n", made);
  } else {
    exit(2);
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 2) return 2;
  const int id = atoi(argv[1]);
  char line[4096];
  while (next_line(line, sizeof line) != NULL) run(id, line);
  return 0;
}
