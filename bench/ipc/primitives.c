// The kernel's IPC in C, between two processes: what the benchmark of tsrpcgen/ipc is held against.
//
//   primitives MECHANISM latency|bandwidth COUNT CPU_A CPU_B
//
// latency: COUNT round trips of 64 bytes; prints the median in nanoseconds. bandwidth: COUNT messages of 64 KiB from A
// to B (in pieces of 8 KiB where a queue takes no more), and one answer; prints bytes a second.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SMALL = 64, LARGE = 65536, PIECE = 8192 };
/// Direction 0: from A to B; 1: back.
typedef struct {
  const char *name;
  size_t piece;
  void (*open)(void);
  void (*send)(int direction, const void *bytes, size_t size);
  void (*receive)(int direction, void *bytes, size_t size);
  void (*close)(void);
} Mechanism;

static void fail(const char *what) {
  perror(what);
  exit(1);
}
static void nothing(void) {}

// Pipes.
static int pipes[2][2];
static void pipe_open(void) {
  for (int i = 0; i < 2; i++)
    if (pipe(pipes[i]) != 0) fail("pipe");
}
static void pipe_send(int direction, const void *bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t n = write(pipes[direction][1], (const char *)bytes + done, size - done);
    if (n < 0) fail("write");
    done += (size_t)n;
  }
}
static void pipe_receive(int direction, void *bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t n = read(pipes[direction][0], (char *)bytes + done, size - done);
    if (n <= 0) fail("read");
    done += (size_t)n;
  }
}

// UNIX sockets: datagrams and sequenced packets. A has end 0, B end 1.
static int ends[2];
static void dgram_open(void) {
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) fail("socketpair");
}
static void seqpacket_open(void) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) fail("socketpair");
}
static void socket_send(int direction, const void *bytes, size_t size) {
  if (send(ends[direction], bytes, size, 0) != (ssize_t)size) fail("send");
}
static void socket_receive(int direction, void *bytes, size_t size) {
  if (recv(ends[1 - direction], bytes, size, 0) != (ssize_t)size) fail("recv");
}

// System V message queues.
static int queues[2];
static struct {
  long type;
  char bytes[PIECE];
} message;
static void sysvmq_open(void) {
  for (int i = 0; i < 2; i++)
    if ((queues[i] = msgget(IPC_PRIVATE, 0600)) < 0) fail("msgget");
}
static void sysvmq_send(int direction, const void *bytes, size_t size) {
  message.type = 1;
  memcpy(message.bytes, bytes, size);
  if (msgsnd(queues[direction], &message, size, 0) != 0) fail("msgsnd");
}
static void sysvmq_receive(int direction, void *bytes, size_t size) {
  if (msgrcv(queues[direction], &message, sizeof(message.bytes), 0, 0) != (ssize_t)size) fail("msgrcv");
  memcpy(bytes, message.bytes, size);
}
static void sysvmq_close(void) {
  for (int i = 0; i < 2; i++) msgctl(queues[i], IPC_RMID, NULL);
}

// POSIX message queues.
static mqd_t posix_queues[2];
static void mq_open_both(void) {
  struct mq_attr attributes = {.mq_maxmsg = 10, .mq_msgsize = PIECE};
  for (int i = 0; i < 2; i++) {
    char name[64];
    snprintf(name, sizeof(name), "/tsrpcgen-bench-%d-%d", getpid(), i);
    posix_queues[i] = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    if (posix_queues[i] == (mqd_t)-1) fail("mq_open");
    mq_unlink(name);
  }
}
static void mq_send_one(int direction, const void *bytes, size_t size) {
  if (mq_send(posix_queues[direction], bytes, size, 0) != 0) fail("mq_send");
}
static void mq_receive_one(int direction, void *bytes, size_t size) {
  static char space[PIECE];
  if (mq_receive(posix_queues[direction], space, sizeof(space), NULL) != (ssize_t)size) fail("mq_receive");
  memcpy(bytes, space, size);
}

// Shared memory: one slot for each direction, handed over by a futex, an eventfd or semaphores.
typedef struct {
  _Alignas(64) _Atomic uint32_t full;
  sem_t ready, empty;
  _Alignas(64) char bytes[LARGE];
} Slot;
static Slot *slots;
static int event_ready[2], event_empty[2], semaphores;
static void slots_open(void) {
  slots = mmap(NULL, 2 * sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (slots == MAP_FAILED) fail("mmap");
}
static void futex_wait(_Atomic uint32_t *word, uint32_t value) {
  if (syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0) != 0 && errno != EAGAIN && errno != EINTR)
    fail("futex");
}
static void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0); }
static void futex_send(int direction, const void *bytes, size_t size) {
  Slot *slot = &slots[direction];
  while (atomic_load(&slot->full) != 0) futex_wait(&slot->full, 1);
  memcpy(slot->bytes, bytes, size);
  atomic_store(&slot->full, 1);
  futex_wake(&slot->full);
}
static void futex_receive(int direction, void *bytes, size_t size) {
  Slot *slot = &slots[direction];
  while (atomic_load(&slot->full) == 0) futex_wait(&slot->full, 0);
  memcpy(bytes, slot->bytes, size);
  atomic_store(&slot->full, 0);
  futex_wake(&slot->full);
}

// A ring of records of any length for each direction, for one producer and one consumer: head and tail on lines of
// their own, the length in front of each record, and where a record does not fit before the end it begins anew at the
// beginning.
enum { RING = 1 << 19, WRAPPED = UINT32_MAX };
typedef struct {
  _Alignas(64) _Atomic uint64_t tail;
  _Alignas(64) _Atomic uint64_t head;
  _Alignas(64) char bytes[RING];
} SpinRing;
static SpinRing *rings;
static void rings_open(void) {
  rings = mmap(NULL, 2 * sizeof(SpinRing), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (rings == MAP_FAILED) fail("mmap");
}
static void ring_send(int direction, const void *bytes, size_t size) {
  SpinRing *ring = &rings[direction];
  const uint64_t needed = 8 + ((size + 7) & ~(size_t)7);
  uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  const uint64_t left = RING - tail % RING, skipped = left < needed ? left : 0;
  while (RING - (tail - atomic_load_explicit(&ring->head, memory_order_acquire)) < skipped + needed)
    __builtin_ia32_pause();
  const uint32_t wrapped = WRAPPED, length = (uint32_t)size;
  if (skipped > 0) memcpy(ring->bytes + tail % RING, &wrapped, sizeof(wrapped));
  tail += skipped;
  memcpy(ring->bytes + tail % RING, &length, sizeof(length));
  memcpy(ring->bytes + tail % RING + 8, bytes, size);
  atomic_store_explicit(&ring->tail, tail + needed, memory_order_release);
}
static void ring_receive(int direction, void *bytes, size_t size) {
  SpinRing *ring = &rings[direction];
  uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  while (atomic_load_explicit(&ring->tail, memory_order_acquire) == head) __builtin_ia32_pause();
  uint32_t length;
  memcpy(&length, ring->bytes + head % RING, sizeof(length));
  if (length == WRAPPED) {
    head += RING - head % RING;
    memcpy(&length, ring->bytes, sizeof(length));
  }
  if (length != size) fail("a ring's record");
  memcpy(bytes, ring->bytes + head % RING + 8, length);
  atomic_store_explicit(&ring->head, head + 8 + ((length + 7) & ~7U), memory_order_release);
}
static void eventfd_open(void) {
  slots_open();
  for (int i = 0; i < 2; i++) {
    event_ready[i] = eventfd(0, 0);
    event_empty[i] = eventfd(1, 0);
    if (event_ready[i] < 0 || event_empty[i] < 0) fail("eventfd");
  }
}
static void take(int fd) {
  uint64_t count;
  if (read(fd, &count, sizeof(count)) != sizeof(count)) fail("read");
}
static void give(int fd) {
  const uint64_t one = 1;
  if (write(fd, &one, sizeof(one)) != sizeof(one)) fail("write");
}
static void eventfd_send(int direction, const void *bytes, size_t size) {
  take(event_empty[direction]);
  memcpy(slots[direction].bytes, bytes, size);
  give(event_ready[direction]);
}
static void eventfd_receive(int direction, void *bytes, size_t size) {
  take(event_ready[direction]);
  memcpy(bytes, slots[direction].bytes, size);
  give(event_empty[direction]);
}
static void posixsem_open(void) {
  slots_open();
  for (int i = 0; i < 2; i++) {
    sem_init(&slots[i].ready, 1, 0);
    sem_init(&slots[i].empty, 1, 1);
  }
}
static void posixsem_send(int direction, const void *bytes, size_t size) {
  sem_wait(&slots[direction].empty);
  memcpy(slots[direction].bytes, bytes, size);
  sem_post(&slots[direction].ready);
}
static void posixsem_receive(int direction, void *bytes, size_t size) {
  sem_wait(&slots[direction].ready);
  memcpy(bytes, slots[direction].bytes, size);
  sem_post(&slots[direction].empty);
}
static void sysvsem_open(void) {
  slots_open();
  if ((semaphores = semget(IPC_PRIVATE, 4, 0600)) < 0) fail("semget");
  for (int i = 0; i < 2; i++)
    if (semctl(semaphores, 2 * i, SETVAL, 0) != 0 || semctl(semaphores, 2 * i + 1, SETVAL, 1) != 0) fail("semctl");
}
static void sysv_op(int number, int by) {
  struct sembuf op = {(unsigned short)number, (short)by, 0};
  if (semop(semaphores, &op, 1) != 0) fail("semop");
}
static void sysvsem_send(int direction, const void *bytes, size_t size) {
  sysv_op(2 * direction + 1, -1);
  memcpy(slots[direction].bytes, bytes, size);
  sysv_op(2 * direction, 1);
}
static void sysvsem_receive(int direction, void *bytes, size_t size) {
  sysv_op(2 * direction, -1);
  memcpy(bytes, slots[direction].bytes, size);
  sysv_op(2 * direction + 1, 1);
}
static void sysvsem_close(void) { semctl(semaphores, 0, IPC_RMID); }

static const Mechanism mechanisms[] = {
    {"pipe", LARGE, pipe_open, pipe_send, pipe_receive, nothing},
    {"unix-dgram", LARGE, dgram_open, socket_send, socket_receive, nothing},
    {"unix-seqpacket", LARGE, seqpacket_open, socket_send, socket_receive, nothing},
    {"sysv-queue", PIECE, sysvmq_open, sysvmq_send, sysvmq_receive, sysvmq_close},
    {"posix-queue", PIECE, mq_open_both, mq_send_one, mq_receive_one, nothing},
    {"sysv-semaphore", LARGE, sysvsem_open, sysvsem_send, sysvsem_receive, sysvsem_close},
    {"posix-semaphore", LARGE, posixsem_open, posixsem_send, posixsem_receive, nothing},
    {"futex", LARGE, slots_open, futex_send, futex_receive, nothing},
    {"eventfd", LARGE, eventfd_open, eventfd_send, eventfd_receive, nothing},
    {"ring-polled", LARGE, rings_open, ring_send, ring_receive, nothing},
};

static void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (sched_setaffinity(0, sizeof(set), &set) != 0) fail("sched_setaffinity");
}
static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}
static int by_value(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}
static char bytes[LARGE];

static void latency_a(const Mechanism *m, long count) {
  uint64_t *times = calloc((size_t)count, sizeof(*times));
  for (long i = 0; i < count; i++) {
    const uint64_t start = now();
    m->send(0, bytes, SMALL);
    m->receive(1, bytes, SMALL);
    times[i] = now() - start;
  }
  qsort(times, (size_t)count, sizeof(*times), by_value);
  printf("%llu\n", (unsigned long long)times[count / 2]);
}
static void latency_b(const Mechanism *m, long count) {
  for (long i = 0; i < count; i++) {
    m->receive(0, bytes, SMALL);
    m->send(1, bytes, SMALL);
  }
}
static void bandwidth_a(const Mechanism *m, long count) {
  const uint64_t start = now();
  for (long i = 0; i < count; i++)
    for (size_t at = 0; at < LARGE; at += m->piece) m->send(0, bytes + at, m->piece);
  m->receive(1, bytes, SMALL);
  printf("%.0f\n", (double)count * LARGE * 1e9 / (double)(now() - start));
}
static void bandwidth_b(const Mechanism *m, long count) {
  for (long i = 0; i < count; i++)
    for (size_t at = 0; at < LARGE; at += m->piece) m->receive(0, bytes + at, m->piece);
  m->send(1, bytes, SMALL);
}

int main(int argc, char **argv) {
  const Mechanism *m = NULL;
  for (size_t i = 0; argc == 6 && i < sizeof(mechanisms) / sizeof(*mechanisms); i++)
    if (strcmp(mechanisms[i].name, argv[1]) == 0) m = &mechanisms[i];
  if (m == NULL) {
    fprintf(stderr, "usage: primitives MECHANISM latency|bandwidth COUNT CPU_A CPU_B\n");
    return 2;
  }
  const int latency = strcmp(argv[2], "latency") == 0;
  const long count = atol(argv[3]);
  m->open();
  const pid_t b = fork();
  if (b < 0) fail("fork");
  pin(atoi(argv[b == 0 ? 5 : 4]));
  if (b == 0) {
    (latency ? latency_b : bandwidth_b)(m, count);
    _exit(0);
  }
  (latency ? latency_a : bandwidth_a)(m, count);
  int status;
  waitpid(b, &status, 0);
  m->close();
  return status == 0 ? 0 : 1;
}
