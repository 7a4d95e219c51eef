// A load that costs as little as it can: calls of a fixed form, many of them outstanding on each of some connections. What
// it gets is what the server gives.
//
//   load tcp|local ADDRESS CONNECTIONS OUTSTANDING SIZE SECONDS     SIZE: bytes of REFLECT's argument; 0: NOTHING
//
// Prints JSON: calls a second, and how long one took.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
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

enum { PROGRAM = 0x20000042, HEADER = 44, REPLY_HEADER = 28, MAX_TIMES = 1 << 20, MAX_OUTSTANDING = 1 << 14 };
static const uint64_t WARM_UP_NS = 100000000ull;

typedef struct {
  int fd;
  uint32_t next_xid, done_xid;
  // When each of those outstanding was sent, by xid modulo MAX_OUTSTANDING: a server answers in order or not.
  uint64_t* sent_ns;
  unsigned char* in;
  size_t held;
  unsigned char* out;
  size_t from, to;
  int wants_write;
} Connection;

static uint32_t outstanding, size;
static size_t call_bytes, reply_bytes, in_bytes, out_bytes;
static uint64_t* times;
static size_t timed, answered, pending;
static int epoll, is_over;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static uint32_t word_at(const unsigned char* bytes) {
  uint32_t big;
  memcpy(&big, bytes, 4);
  return ntohl(big);
}

static void put(unsigned char* at, uint32_t word) {
  const uint32_t big = htonl(word);
  memcpy(at, &big, 4);
}

static void add_call(Connection* c, uint64_t now) {
  unsigned char* at = c->out + c->to;
  const uint32_t xid = c->next_xid++;
  const uint32_t words[] = {0x80000000u | (uint32_t)(call_bytes - 4), xid, 0, 2, PROGRAM, 1, size == 0 ? 0 : 1, 0, 0, 0, 0};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) put(at + 4 * i, words[i]);
  if (size > 0) {
    put(at + HEADER, size);
    memset(at + HEADER + 4, 0, call_bytes - HEADER - 4);
  }
  c->sent_ns[xid % MAX_OUTSTANDING] = now;
  c->to += call_bytes;
  pending++;
}

static void want(Connection* c, int write) {
  if (c->wants_write == write) return;
  c->wants_write = write;
  struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = c};
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event) != 0) fail("epoll_ctl");
}

static void put_out(Connection* c) {
  while (c->from < c->to) {
    const ssize_t put = send(c->fd, c->out + c->from, c->to - c->from, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      memmove(c->out, c->out + c->from, c->to - c->from);
      c->to -= c->from;
      c->from = 0;
      want(c, 1);
      return;
    }
    if (put < 0) fail("send");
    c->from += (size_t)put;
  }
  c->from = c->to = 0;
  want(c, 0);
}

static void take_in(Connection* c, int isTimed) {
  const ssize_t got = recv(c->fd, c->in + c->held, in_bytes - c->held, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  if (got <= 0) fail("the server ended a connection");
  c->held += (size_t)got;
  const uint64_t now = now_ns();
  size_t at = 0;
  while (c->held - at >= 4) {
    const size_t whole = 4 + (word_at(c->in + at) & 0x7fffffff);
    if (whole != reply_bytes) {
      fprintf(stderr, "a reply of %zu bytes instead of %zu\n", whole, reply_bytes);
      exit(1);
    }
    if (c->held - at < whole) break;
    if (word_at(c->in + at + 24) != 0) {
      fputs("a call was not granted\n", stderr);
      exit(1);
    }
    if (isTimed && timed < MAX_TIMES) times[timed++] = now - c->sent_ns[word_at(c->in + at + 4) % MAX_OUTSTANDING];
    answered += (size_t)isTimed;
    at += whole;
    pending--;
    if (!is_over) add_call(c, now);
  }
  memmove(c->in, c->in + at, c->held - at);
  c->held -= at;
  put_out(c);
}

static void connect_to(Connection* c, const char* netid, const char* where) {
  union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
  } address = {0};
  const int local = strcmp(netid, "local") == 0, one = 1;
  if (local) {
    address.un.sun_family = AF_UNIX;
    snprintf(address.un.sun_path, sizeof address.un.sun_path, "%s", where);
  } else {
    address.in = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(where)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  }
  c->fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0 || connect(c->fd, &address.any, local ? sizeof address.un : sizeof address.in) != 0) fail("connect");
  if (!local) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  c->in = malloc(in_bytes);
  c->out = malloc(out_bytes);
  c->sent_ns = calloc(MAX_OUTSTANDING, sizeof *c->sent_ns);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) fail("epoll_ctl");
}

static int by_number(const void* a, const void* b) {
  const uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const uint32_t connections = (uint32_t)atoi(argv[3]);
  const double seconds = atof(argv[6]);
  outstanding = (uint32_t)atoi(argv[4]);
  size = (uint32_t)atoi(argv[5]) & ~3u;
  if (outstanding > MAX_OUTSTANDING) return 2;
  call_bytes = HEADER + (size > 0 ? 4 + size : 0);
  reply_bytes = REPLY_HEADER + (size > 0 ? 4 + size : 0);
  in_bytes = reply_bytes * outstanding + 65536;
  out_bytes = call_bytes * (outstanding + 1);
  const struct rlimit files = {connections + 64, connections + 64};
  setrlimit(RLIMIT_NOFILE, &files);
  epoll = epoll_create1(0);
  Connection* all = calloc(connections, sizeof *all);
  times = malloc(MAX_TIMES * sizeof *times);
  for (uint32_t i = 0; i < connections; i++) connect_to(&all[i], argv[1], argv[2]);
  const uint64_t start = now_ns();
  for (uint32_t i = 0; i < connections; i++) {
    for (uint32_t n = 0; n < outstanding; n++) add_call(&all[i], start);
    put_out(&all[i]);
  }
  uint64_t begin = 0, now = start;
  const uint64_t length = (uint64_t)(seconds * 1e9);
  // In the end all is taken in that was asked for: a server that is left in the middle of a reply has other things to do.
  while (pending > 0) {
    struct epoll_event events[256];
    const int ready = epoll_wait(epoll, events, 256, 5000);
    if (ready == 0) {
      fputs("no reply for 5 s\n", stderr);
      return 1;
    }
    for (int e = 0; e < ready; e++) {
      if (events[e].events & EPOLLIN) take_in(events[e].data.ptr, begin != 0 && !is_over);
      if (events[e].events & EPOLLOUT) put_out(events[e].data.ptr);
    }
    if (is_over) continue;
    now = now_ns();
    if (begin == 0 && now - start >= WARM_UP_NS) begin = now;
    is_over = begin != 0 && now - begin >= length;
  }
  qsort(times, timed, sizeof *times, by_number);
  printf("{\"perSecond\":%.1f,\"p50Us\":%.3f,\"p99Us\":%.3f}\n", (double)answered / ((double)(now - begin) / 1e9),
         timed == 0 ? 0 : (double)times[timed / 2] / 1e3, timed == 0 ? 0 : (double)times[timed * 99 / 100] / 1e3);
  return 0;
}
