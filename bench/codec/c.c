/*
 * The codec of C's rpcgen over libtirpc, on the values of FOLDER/WORKLOAD.xdr. Reads lines "WORKLOAD encode|decode|copy MS"
 * and answers each with the nanoseconds that one takes: the median of batches. Bytes are compared before anything is timed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define BATCHES 7

struct workload {
  const char *name;
  xdrproc_t codec;
  size_t size; /* of the struct in memory */
  char *value;
  char *bytes;
  char *room;
  u_int length;
};

static struct workload workloads[] = {
    {"date", (xdrproc_t)xdr_date, sizeof(date), 0, 0, 0, 0},
    {"fattr3", (xdrproc_t)xdr_fattr3, sizeof(fattr3), 0, 0, 0, 0},
    {"dirlist", (xdrproc_t)xdr_dirlistplus3, sizeof(dirlistplus3), 0, 0, 0, 0},
    {"ints", (xdrproc_t)xdr_int_list, sizeof(int_list), 0, 0, 0, 0},
    {"doubles", (xdrproc_t)xdr_double_list, sizeof(double_list), 0, 0, 0, 0},
    {"opaque64k", (xdrproc_t)xdr_blob, sizeof(blob), 0, 0, 0, 0},
    {"opaque1m", (xdrproc_t)xdr_blob, sizeof(blob), 0, 0, 0, 0},
    {"records", (xdrproc_t)xdr_record_list, sizeof(record_list), 0, 0, 0, 0},
};

static void fail(const char *what, const char *name) {
  fprintf(stderr, "%s: %s\n", name, what);
  exit(1);
}

static void encode(struct workload *it) {
  XDR xdrs;
  xdrmem_create(&xdrs, it->room, it->length, XDR_ENCODE);
  if (!it->codec(&xdrs, it->value)) fail("does not encode", it->name);
}

static void decode(struct workload *it) {
  char value[512];
  XDR xdrs;
  memset(value, 0, it->size);
  xdrmem_create(&xdrs, it->bytes, it->length, XDR_DECODE);
  if (!it->codec(&xdrs, value)) fail("does not decode", it->name);
  xdr_free(it->codec, value);
}

static void copy(struct workload *it) {
  memcpy(it->room, it->bytes, it->length);
  __asm__ volatile("" : : "r"(it->room) : "memory");
}

static void load(struct workload *it, const char *folder) {
  char path[4096];
  FILE *file;
  XDR xdrs;
  snprintf(path, sizeof path, "%s/%s.xdr", folder, it->name);
  if (!(file = fopen(path, "rb"))) fail("no file of bytes", it->name);
  fseek(file, 0, SEEK_END);
  it->length = (u_int)ftell(file);
  rewind(file);
  it->bytes = malloc(it->length);
  it->room = malloc(it->length);
  it->value = calloc(1, it->size);
  if (fread(it->bytes, 1, it->length, file) != it->length) fail("can't be read", it->name);
  fclose(file);
  xdrmem_create(&xdrs, it->bytes, it->length, XDR_DECODE);
  if (!it->codec(&xdrs, it->value)) fail("does not decode", it->name);
  memset(it->room, 0xff, it->length);
  encode(it);
  if (memcmp(it->room, it->bytes, it->length) != 0) fail("C's bytes are others", it->name);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double batch(void (*run)(struct workload *), struct workload *it, long count) {
  double start = now();
  for (long i = 0; i < count; i++) run(it);
  return now() - start;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double measure(void (*run)(struct workload *), struct workload *it, double ns) {
  double taken[BATCHES];
  long count = 1;
  while (batch(run, it, count) < ns / 4) count *= 2;
  for (int i = 0; i < BATCHES; i++) taken[i] = batch(run, it, count) / (double)count;
  qsort(taken, BATCHES, sizeof taken[0], ascending);
  return taken[BATCHES / 2];
}

int main(int argc, char **argv) {
  char name[32], what[32];
  double ms;
  size_t n = sizeof workloads / sizeof workloads[0];
  if (argc != 2) fail("one folder", "arguments");
  for (size_t i = 0; i < n; i++) load(&workloads[i], argv[1]);
  puts("ready");
  fflush(stdout);
  while (scanf("%31s %31s %lf", name, what, &ms) == 3) {
    struct workload *it = NULL;
    for (size_t i = 0; i < n; i++)
      if (strcmp(workloads[i].name, name) == 0) it = &workloads[i];
    if (it == NULL) fail("no such workload", name);
    printf("%f\n", measure(what[0] == 'e' ? encode : what[0] == 'd' ? decode : copy, it, ms * 1e6 / BATCHES));
    fflush(stdout);
  }
  return 0;
}
