// msgsnd and msgrcv on the queue that the argument names by its identifier.
//
//   send FLAGS TYPE TEXT       "sent"          FLAGS: n IPC_NOWAIT, e MSG_EXCEPT, t MSG_NOERROR, - none
//   receive FLAGS TYPE BYTES   "TYPE TEXT"
//   get KEY                    the identifier, without asking for permissions
//   stat                       what IPC_STAT gives
//   remove                     "removed"
//   blocked SEND|RECEIVE PID COUNT COMMAND   the command, once so many threads of the process wait
#define _GNU_SOURCE
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>

#include "peer.h"

struct message {
  long type;
  char text[8192];
};

static int flags_of(const char *letters) {
  int flags = 0;
  if (strchr(letters, 'n')) flags |= IPC_NOWAIT;
  if (strchr(letters, 'e')) flags |= MSG_EXCEPT;
  if (strchr(letters, 't')) flags |= MSG_NOERROR;
  return flags;
}

static void say_status(int id) {
  struct msqid_ds status;
  if (msgctl(id, IPC_STAT, &status) != 0) return say_error();
  printf("%u %u %u %u %o %lu %lu %lu %d %d %ld %ld %ld\n", status.msg_perm.uid, status.msg_perm.gid,
         status.msg_perm.cuid, status.msg_perm.cgid, status.msg_perm.mode & 0777U, status.msg_qnum, status.__msg_cbytes,
         status.msg_qbytes, status.msg_lspid, status.msg_lrpid, status.msg_stime, status.msg_rtime, status.msg_ctime);
}

static void run(int id, char *line) {
  static struct message message;
  char letters[8];
  long type = 0;
  int at = 0;
  unsigned bytes = 0;
  char *rest;
  if ((rest = after(line, "send")) != NULL && sscanf(rest, "%7s %ld %n", letters, &type, &at) == 2) {
    message.type = type;
    memcpy(message.text, rest + at, strlen(rest + at));
    if (msgsnd(id, &message, strlen(rest + at), flags_of(letters)) != 0) return say_error();
    printf("sent\n");
  } else if ((rest = after(line, "receive")) != NULL && sscanf(rest, "%7s %ld %u", letters, &type, &bytes) == 3) {
    const ssize_t size = msgrcv(id, &message, bytes, type, flags_of(letters));
    if (size < 0) return say_error();
    printf("%ld %.*s\n", message.type, (int)size, message.text);
  } else if ((rest = after(line, "get")) != NULL) {
    const int found = msgget((key_t)atol(rest), 0);
    if (found < 0) return say_error();
    printf("%d\n", found);
  } else if (after(line, "stat") != NULL) {
    say_status(id);
  } else if (after(line, "remove") != NULL) {
    if (msgctl(id, IPC_RMID, NULL) != 0) return say_error();
    printf("removed\n");
  } else {
    exit(2);
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 2) return 2;
  const int id = atoi(argv[1]);
  char line[10000];
  char call[8];
  int pid = 0;
  int count = 0;
  int at = 0;
  while (next_line(line, sizeof line) != NULL) {
    char *command = line;
    for (char *rest = after(command, "blocked"); rest != NULL; rest = after(command, "blocked")) {
      if (sscanf(rest, "%7s %d %d %n", call, &pid, &count, &at) != 3) return 2;
      until_blocked(pid, strcmp(call, "SEND") == 0 ? SYS_msgsnd : SYS_msgrcv, count);
      command = rest + at;
    }
    run(id, command);
  }
  return 0;
}
