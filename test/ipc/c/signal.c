// Sends signals, and says which it gets, each with what siginfo says.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  printf("%d %d\n", SIGRTMIN, SIGRTMAX);
  char line[64];
  int pid, number, value;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "kill %d %d", &pid, &number) == 2) {
      printf("%d\n", kill(pid, number));
    } else if (sscanf(line, "queue %d %d %d", &pid, &number, &value) == 3) {
      printf("%d\n", sigqueue(pid, number, (union sigval){.sival_int = value}));
    } else if (strcmp(line, "wait\n") == 0) {
      siginfo_t info;
      memset(&info, 0, sizeof info);
      sigwaitinfo(&all, &info);
      printf("%d code %d pid %d uid %u value %d\n", info.si_signo, info.si_code, info.si_pid, info.si_uid,
             info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
    }
  }
  return 0;
}
