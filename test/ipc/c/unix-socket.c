// A UNIX socket by the plain system calls. It is descriptor 3, or made by `open`. Names: a path, or @ and an abstract one.
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fd = 3;

static void report(const char *what, int result) {
  if (result < 0)
    printf("%s: %s\n", what, strerrorname_np(errno));
  else
    printf("ok\n");
}

static socklen_t name(struct sockaddr_un *address, const char *text) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  strcpy(address->sun_path, text);
  if (text[0] == '@') address->sun_path[0] = 0;
  return offsetof(struct sockaddr_un, sun_path) + strlen(text) + (text[0] != '@');
}

static void show(const struct sockaddr_un *address, socklen_t size) {
  size_t length = size > offsetof(struct sockaddr_un, sun_path) ? size - offsetof(struct sockaddr_un, sun_path) : 0;
  if (length == 0)
    printf("-");
  else if (address->sun_path[0] == 0)
    printf("@%.*s", (int)length - 1, address->sun_path + 1);
  else
    printf("%s", address->sun_path);
}

// Sends text, to a name where there is one, with `count` descriptors of the end of a pipe that says "from C".
static void sends(const char *to, const char *text, int count) {
  struct sockaddr_un address;
  struct iovec part = {(void *)text, strlen(text)};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(253 * sizeof(int))];
  } control;
  int ends[2] = {-1, -1};
  if (to != NULL) {
    message.msg_name = &address;
    message.msg_namelen = name(&address, to);
  }
  if (count > 0) {
    if (pipe(ends) != 0 || write(ends[1], "from C", 6) != 6) abort();
    close(ends[1]);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (int i = 0; i < count; i += 1) memcpy(CMSG_DATA(rights) + i * sizeof(int), &ends[0], sizeof(int));
  }
  int result = sendmsg(fd, &message, MSG_NOSIGNAL);
  report("sendmsg", result);
  if (ends[0] >= 0) close(ends[0]);
}

// Prints: length, text, sender, number of descriptors; to each descriptor it writes "written by C".
static void receives(void) {
  struct sockaddr_un address;
  char bytes[4096];
  struct iovec part = {bytes, sizeof bytes};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(253 * sizeof(int))];
  } control;
  struct msghdr message = {&address, sizeof address, &part, 1, &control, sizeof control, 0};
  ssize_t length = recvmsg(fd, &message, 0);
  if (length < 0) return report("recvmsg", -1);
  int count = 0;
  for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_type != SCM_RIGHTS) continue;
    count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (int i = 0; i < count; i += 1) {
      int got;
      memcpy(&got, CMSG_DATA(at) + i * sizeof(int), sizeof got);
      if (write(got, "written by C", 12) != 12) abort();
      close(got);
    }
  }
  printf("%zd <%.*s> ", length, (int)length, bytes);
  show(&address, message.msg_namelen);
  printf(" %d\n", count);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  char line[512];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    char *command = strtok(line, " ");
    char *first = strtok(NULL, " ");
    char *second = strtok(NULL, " ");
    struct sockaddr_un address;
    if (strcmp(command, "open") == 0) {
      int type = first[0] == 'd' ? SOCK_DGRAM : first[0] == 's' && first[1] == 'e' ? SOCK_SEQPACKET : SOCK_STREAM;
      report("socket", fd = socket(AF_UNIX, type, 0));
    } else if (strcmp(command, "bind") == 0) {
      report("bind", bind(fd, (struct sockaddr *)&address, name(&address, first)));
    } else if (strcmp(command, "listen") == 0) {
      report("listen", listen(fd, 1));
    } else if (strcmp(command, "accept") == 0) {
      report("accept", fd = accept(fd, NULL, NULL));
    } else if (strcmp(command, "connect") == 0) {
      report("connect", connect(fd, (struct sockaddr *)&address, name(&address, first)));
    } else if (strcmp(command, "send") == 0) {
      sends(NULL, first == NULL ? "" : first, 0);
    } else if (strcmp(command, "sendto") == 0) {
      sends(first, second, 0);
    } else if (strcmp(command, "senddescriptors") == 0) {
      sends(NULL, "x", atoi(first));
    } else if (strcmp(command, "receive") == 0) {
      receives();
    } else if (strcmp(command, "close") == 0) {
      report("close", close(fd));
    }
  }
  return 0;
}
