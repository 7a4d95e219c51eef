/*
 * C's half of bench:rpc, by rpcgen and libtirpc as their users have them.
 *
 *   peer server PATH                               serves tcp, udp and a UNIX socket at PATH; prints the two ports
 *   peer client NETID ADDRESS SIZE SECONDS         one call after the other, of SIZE bytes (0: NOTHING); prints JSON
 *   peer clients NETID ADDRESS SIZE SECONDS COUNT  as many processes at a time; prints JSON, the rates added
 *   peer idle NETID ADDRESS COUNT                  so many connections, each of which calls once; prints "ready", waits
 */
#define _GNU_SOURCE
#include "../lib/libtirpc_peer.h"
#include "bench.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM_UP_NS 100000000L
#define MAX_TIMES 4000000
#define MAX_GIVEN (4 << 20)

void bench_prog_1(struct svc_req *request, SVCXPRT *transport);

void *nothing_1_svc(void *arg, struct svc_req *request)
{
    static char result;

    (void)arg;
    (void)request;
    return &result;
}

payload *reflect_1_svc(payload *arg, struct svc_req *request)
{
    (void)request;
    return arg;
}

payload *give_1_svc(u_int *arg, struct svc_req *request)
{
    static char bytes[MAX_GIVEN];
    static payload result;

    (void)request;
    result.payload_len = *arg <= MAX_GIVEN ? *arg : MAX_GIVEN;
    result.payload_val = bytes;
    return &result;
}

static void serve(const char *path)
{
    signal(SIGPIPE, SIG_IGN);
    printf("%d\n", serve_program("tcp", "0", BENCH_PROG, BENCH_VERS, bench_prog_1));
    printf("%d\n", serve_program("udp", "0", BENCH_PROG, BENCH_VERS, bench_prog_1));
    serve_program("local", path, BENCH_PROG, BENCH_VERS, bench_prog_1);
    fflush(stdout);
    svc_run();
}

static void call(CLIENT *client, payload *arg)
{
    payload *result;

    if (arg->payload_len == 0) {
        if (nothing_1(NULL, client) == NULL) die(clnt_sperror(client, "NOTHING"));
        return;
    }
    result = reflect_1(arg, client);
    if (result == NULL || result->payload_len != arg->payload_len) die("REFLECT");
    clnt_freeres(client, (xdrproc_t)xdr_payload, (caddr_t)result);
}

/* Calls a second, and the median in nanoseconds. */
struct figures {
    double per_second;
    double p50, p99;
};

static struct figures run(const char *netid, const char *where, int size, double seconds)
{
    CLIENT *client = open_client(netid, where, BENCH_PROG, BENCH_VERS);
    payload arg = {(u_int)size, calloc(size + 1, 1)};
    long *times = malloc(MAX_TIMES * sizeof *times), start = now(), begin, end, last;
    int count = 0;
    struct figures figures;

    while (now() - start < WARM_UP_NS) call(client, &arg);
    begin = last = now();
    end = begin + (long)(seconds * 1e9);
    while (last < end && count < MAX_TIMES) {
        long next;

        call(client, &arg);
        next = now();
        times[count++] = next - last;
        last = next;
    }
    figures.per_second = count / ((last - begin) / 1e9);
    qsort(times, count, sizeof *times, compare);
    figures.p50 = times[count / 2];
    figures.p99 = times[(long)count * 99 / 100];
    return figures;
}

static void print(struct figures figures)
{
    printf("{\"perSecond\":%.1f,\"p50Us\":%.3f,\"p99Us\":%.3f}\n", figures.per_second, figures.p50 / 1e3,
           figures.p99 / 1e3);
}

static void run_many(const char *netid, const char *where, int size, double seconds, int count)
{
    struct figures all = {0, 0, 0}, one;
    int ends[2];

    if (pipe(ends) != 0) die("pipe");
    for (int i = 0; i < count; i++)
        if (fork() == 0) {
            one = run(netid, where, size, seconds);
            if (write(ends[1], &one, sizeof one) != sizeof one) die("write");
            _exit(0);
        }
    for (int i = 0; i < count; i++) {
        if (read(ends[0], &one, sizeof one) != sizeof one) die("read");
        all.per_second += one.per_second;
        all.p50 += one.p50 / count;
        all.p99 += one.p99 / count;
    }
    while (wait(NULL) > 0);
    print(all);
}

static void idle(const char *netid, const char *where, int count)
{
    struct rlimit files;
    payload none = {0, NULL};
    char byte;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (int i = 0; i < count; i++) call(open_client(netid, where, BENCH_PROG, BENCH_VERS), &none);
    puts("ready");
    fflush(stdout);
    while (read(0, &byte, 1) > 0);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "server") == 0) serve(argv[2]);
    if (argc == 6 && strcmp(argv[1], "client") == 0) {
        print(run(argv[2], argv[3], atoi(argv[4]), atof(argv[5])));
        return 0;
    }
    if (argc == 7 && strcmp(argv[1], "clients") == 0) {
        run_many(argv[2], argv[3], atoi(argv[4]), atof(argv[5]), atoi(argv[6]));
        return 0;
    }
    if (argc == 5 && strcmp(argv[1], "idle") == 0) {
        idle(argv[2], argv[3], atoi(argv[4]));
        return 0;
    }
    return 2;
}
