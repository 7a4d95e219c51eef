// A POSIX message queue by the plain calls: `posix_message_queue NAME`, then by lines: `send PRIORITY TEXT`, `receive 0 -`,
// `notify 0 -`, which says what a notification's registration yields.
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *outcome(int result) { return result == 0 ? "0" : strerror(errno); }

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  mqd_t queue = mq_open(argv[1], O_RDWR | O_CREAT, 0600, NULL);
  if (queue == (mqd_t)-1) {
    printf("%s\n", strerror(errno));
    return 1;
  }
  printf("open\n");
  char command[16], text[256], message[8193];
  unsigned priority;
  while (scanf("%15s %u %255s", command, &priority, text) == 3) {
    if (strcmp(command, "send") == 0) printf("%s\n", outcome(mq_send(queue, text, strlen(text), priority)));
    if (strcmp(command, "receive") == 0) {
      ssize_t size = mq_receive(queue, message, sizeof message, &priority);
      printf("%u %.*s\n", priority, (int)size, message);
    }
    if (strcmp(command, "notify") == 0) {
      struct sigevent event = {.sigev_notify = SIGEV_NONE};
      printf("%s\n", outcome(mq_notify(queue, &event)));
    }
  }
  return 0;
}
