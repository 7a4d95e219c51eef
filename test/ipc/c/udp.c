// A UDP socket of IPv4 or IPv6 (argument 4 or 6) by the plain system calls. First it prints its port. Descriptor 3 may be one that it has inherited.
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int six = argc > 1 && argv[1][0] == '6';
  setvbuf(stdout, NULL, _IOLBF, 0);
  int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct sockaddr *address = six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
  socklen_t size = six ? sizeof v6 : sizeof v4;
  if (bind(fd, address, size) != 0 || getsockname(fd, address, &size) != 0) abort();
  printf("%d\n", ntohs(six ? v6.sin6_port : v4.sin_port));
  char line[256], host[64], text[64];
  int port;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "send %63s %d %63s", host, &port, text) == 3) {
      v4.sin_port = v6.sin6_port = htons(port);
      inet_pton(six ? AF_INET6 : AF_INET, host, six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
      printf("%zd\n", sendto(fd, text, strlen(text), 0, address, size));
    } else if (sscanf(line, "through %63s", host) == 1) {
      struct in_addr interface;
      inet_pton(AF_INET, host, &interface);
      printf("%d\n", setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface));
    } else if (strcmp(line, "everyone\n") == 0) {
      int on = 1;
      printf("%d\n", setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on));
    } else if (strcmp(line, "block\n") == 0) {
      printf("%d\n", fcntl(3, F_SETFL, fcntl(3, F_GETFL) & ~O_NONBLOCK));
    } else if (strcmp(line, "timestamps\n") == 0) {
      int on = 1;
      printf("%d\n", setsockopt(3, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on));
    } else {
      ssize_t length = recvfrom(fd, text, sizeof text, 0, address, &size);
      inet_ntop(six ? AF_INET6 : AF_INET, six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr, host, sizeof host);
      printf("<%.*s> %s %d\n", (int)length, text, host, ntohs(six ? v6.sin6_port : v4.sin_port));
    }
  }
  return 0;
}
