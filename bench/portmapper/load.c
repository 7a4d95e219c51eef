// The load of the portmapper's benchmark: registrations over the local socket, and lookups by many clients at once.
//
//   load set COUNT                            COUNT registrations (version 4 SET), one after the other, as root
//   load lookup tcp|udp CLIENTS COUNT REGISTERED   COUNT lookups (version 4 GETADDR), one at a time from each client
//
// Prints one line of JSON. Registration number N is program BASE + N / 2, version 1, on udp where N is even, else on
// tcp; its port is told by its program, so that each answer is checked.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 111, RPCBPROG = 100000, BASE = 400000, SET = 1, GETADDR = 3, MESSAGE = 512 };
/// A datagram is asked again after this long, as often as it takes until GIVE_UP_NS have passed without any answer to
/// anybody.
static const uint64_t RETRY_NS = 1000000000ull, GIVE_UP_NS = 10000000000ull;

/// Mark and xid are of a record; a datagram begins at the xid.
typedef struct {
  unsigned char bytes[MESSAGE];
  size_t size;
} Message;

typedef struct {
  int fd;
  int connected;
  uint32_t xid;
  uint32_t program;
  uint64_t asked_ns;
  uint64_t sent_ns;
  unsigned char reply[MESSAGE];
  size_t held;
} Client;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void refuse(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void put(Message *m, uint32_t word) {
  const uint32_t big = htonl(word);
  memcpy(m->bytes + m->size, &big, 4);
  m->size += 4;
}

static void put_text(Message *m, const char *text) {
  const size_t length = strlen(text), padded = (length + 3) & ~(size_t)3;
  put(m, (uint32_t)length);
  memset(m->bytes + m->size, 0, padded);
  memcpy(m->bytes + m->size, text, length);
  m->size += padded;
}

static uint32_t word_at(const unsigned char *bytes) {
  uint32_t big;
  memcpy(&big, bytes, 4);
  return ntohl(big);
}

/// A call with its record mark, as libtirpc writes it but for the credentials, which are AUTH_NONE.
static void make_call(Message *m, uint32_t xid, uint32_t procedure, uint32_t program, const char *netid,
                      const char *address) {
  m->size = 4;
  const uint32_t header[] = {xid, 0, 2, RPCBPROG, 4, procedure, 0, 0, 0, 0, program, 1};
  for (size_t i = 0; i < sizeof header / sizeof *header; i++) put(m, header[i]);
  put_text(m, netid);
  put_text(m, address);
  put_text(m, "");
  const size_t size = m->size;
  m->size = 0;
  put(m, 0x80000000u | (uint32_t)(size - 4));
  m->size = size;
}

static uint32_t port_of(uint32_t program) { return 1024 + program % 60000; }

static void address_of(char *text, size_t size, const char *host, uint32_t program) {
  const uint32_t port = port_of(program);
  snprintf(text, size, "%s.%u.%u", host, port >> 8, port & 0xff);
}

/// The results of a reply that was accepted and is a success, behind an empty verifier; NULL where it is none to the
/// xid.
static const unsigned char *results_of(const unsigned char *reply, size_t size, uint32_t xid) {
  if (size < 28 || word_at(reply) != xid) return NULL;
  for (int i = 0; i < 5; i++)
    if (word_at(reply + 4 + 4 * i) != (i == 0 ? 1u : 0u)) refuse("a call was not granted");
  return reply + 24;
}

static void set_all(uint32_t count) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/rpcbind.sock"};
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) fail("/run/rpcbind.sock");
  const uint64_t start = now_ns();
  for (uint32_t n = 0; n < count; n++) {
    Message m;
    char address[64];
    address_of(address, sizeof address, "0.0.0.0", BASE + n / 2);
    make_call(&m, n, SET, BASE + n / 2, n % 2 == 0 ? "udp" : "tcp", address);
    if (write(fd, m.bytes, m.size) != (ssize_t)m.size) fail("SET");
    unsigned char reply[MESSAGE];
    for (size_t held = 0, want = 4; held < want;) {
      const ssize_t got = read(fd, reply + held, sizeof reply - held);
      if (got <= 0) refuse("the portmapper ended the connection of SET");
      held += (size_t)got;
      if (held >= 4) want = 4 + (word_at(reply) & 0x7fffffff);
    }
    const unsigned char *results = results_of(reply + 4, 28, n);
    if (results == NULL || word_at(results) != 1) refuse("a SET was refused");
  }
  printf("{\"registered\":%u,\"seconds\":%.6f}\n", count, (double)(now_ns() - start) / 1e9);
  close(fd);
}

static int by_number(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static Client *clients;
static int is_tcp;
static uint32_t registered, asked, next_xid = 1;
static uint64_t retransmissions;

/// The same numbers in each run.
static uint32_t random_number(void) {
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static void transmit(Client *c) {
  Message m;
  make_call(&m, c->xid, GETADDR, c->program, is_tcp ? "tcp" : "udp", "127.0.0.1.0.111");
  const size_t skipped = is_tcp ? 0 : 4;
  c->sent_ns = now_ns();
  // A datagram that is not taken is lost, and sent again; a connection has room for one call.
  if (send(c->fd, m.bytes + skipped, m.size - skipped, MSG_NOSIGNAL) < 0 && is_tcp) c->connected = 0;
}

static void ask(Client *c) {
  asked++;
  c->xid = next_xid++;
  c->program = BASE + random_number() % (registered / 2);
  c->held = 0;
  transmit(c);
  c->asked_ns = c->sent_ns;
}

/// 1: the client has its answer; 0: not yet; -1: its connection has ended.
static int take(Client *c) {
  const ssize_t got = recv(c->fd, c->reply + c->held, sizeof c->reply - c->held, 0);
  if (got < 0 && (errno == EAGAIN || errno == ECONNREFUSED)) return 0;
  if (got <= 0) return -1;
  size_t skipped = 0, size = (size_t)got;
  if (is_tcp) {
    c->held += size;
    size = c->held < 4 ? 0 : word_at(c->reply) & 0x7fffffff;
    if (c->held < 4 || c->held < 4 + size) return 0;
    skipped = 4;
  }
  const unsigned char *results = results_of(c->reply + skipped, size, c->xid);
  // The answer to a question that was asked twice.
  if (results == NULL) return 0;
  char expected[64];
  address_of(expected, sizeof expected, "127.0.0.1", c->program);
  if (word_at(results) != strlen(expected) || memcmp(results + 4, expected, strlen(expected)) != 0)
    refuse("a wrong address was told");
  return 1;
}

static int open_client(int epoll, uint32_t index) {
  Client *c = &clients[index];
  c->fd = socket(AF_INET, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
  if (c->fd < 0) fail("socket");
  const int one = 1;
  if (is_tcp) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) return 0;
  c->connected = !is_tcp;
  struct epoll_event event = {.events = is_tcp ? EPOLLOUT : EPOLLIN, .data.u32 = index};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) fail("epoll_ctl");
  return 1;
}

static void look_up(uint32_t wanted_clients, uint32_t count) {
  const struct rlimit files = {wanted_clients + 64, wanted_clients + 64};
  if (setrlimit(RLIMIT_NOFILE, &files) != 0) fail("setrlimit");
  const int epoll = epoll_create1(0);
  clients = calloc(wanted_clients, sizeof *clients);
  uint64_t *latencies = calloc(count, sizeof *latencies);
  if (epoll < 0 || clients == NULL || latencies == NULL) fail("start");
  uint32_t open = 0, lost = 0, done = 0;
  const uint64_t start = now_ns();
  for (uint32_t i = 0; i < wanted_clients; i++) {
    if (open_client(epoll, i))
      open++;
    else
      lost++;
  }
  if (!is_tcp)
    for (uint32_t i = 0; i < wanted_clients && asked < count; i++) ask(&clients[i]);
  uint64_t last_ns = start, looked_ns = start;
  while (done < count && open > 0) {
    struct epoll_event events[256];
    const int ready = epoll_wait(epoll, events, 256, 100);
    for (int e = 0; e < ready; e++) {
      const uint32_t index = events[e].data.u32;
      Client *c = &clients[index];
      int taken = 0;
      if (!c->connected) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0)
          taken = -1;
        else {
          c->connected = 1;
          struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
          if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event) != 0) fail("epoll_ctl");
          if (asked < count) ask(c);
        }
      } else
        taken = take(c);
      if (taken > 0) {
        last_ns = now_ns();
        latencies[done++] = last_ns - c->asked_ns;
        c->program = 0;
        if (asked < count) ask(c);
      } else if (taken < 0) {
        // What it asked is asked by another client.
        if (c->program != 0) asked--;
        close(c->fd);
        c->fd = -1;
        open--;
        lost++;
      }
    }
    const uint64_t now = now_ns();
    if (now - last_ns > GIVE_UP_NS) break;
    if (is_tcp || now - looked_ns < RETRY_NS / 10) continue;
    looked_ns = now;
    for (uint32_t i = 0; i < wanted_clients; i++) {
      if (clients[i].program == 0 || now - clients[i].sent_ns < RETRY_NS) continue;
      retransmissions++;
      transmit(&clients[i]);
    }
  }
  qsort(latencies, done, sizeof *latencies, by_number);
  const double seconds = (double)(last_ns - start) / 1e9;
  printf(
      "{\"answered\":%u,\"lostClients\":%u,\"retransmissions\":%llu,\"seconds\":%.6f,\"p50Us\":%.1f,\"p99Us\":%.1f}\n",
      done, lost, (unsigned long long)retransmissions, seconds, done == 0 ? 0 : (double)latencies[done / 2] / 1e3,
      done == 0 ? 0 : (double)latencies[(uint64_t)done * 99 / 100] / 1e3);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "set") == 0) {
    set_all((uint32_t)atoi(argv[2]));
  } else if (argc == 6 && strcmp(argv[1], "lookup") == 0) {
    is_tcp = strcmp(argv[2], "tcp") == 0;
    registered = (uint32_t)atoi(argv[5]);
    look_up((uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]));
  } else {
    fputs("usage: load set COUNT | load lookup tcp|udp CLIENTS COUNT REGISTERED\n", stderr);
    return 1;
  }
  return 0;
}
