/*
 * C's half of the bench: a server whose procedure 0 does nothing and whose procedure 1 answers with its bytes, and a client that measures.
 *
 *   libtirpc server tcp|udp|local PATH   prints its port, or its path, and serves until it is killed
 *   libtirpc client tcp|udp|local ADDRESS BYTES WARM_MS MS   calls for so long, one at a time: procedure 0 where BYTES is 0, else an echo of
 *                                                            so many; prints the median and the 99th percentile in nanoseconds, and calls
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <rpc/rpc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM 0x20000042
#define VERSION 3
#define NOTHING 0
#define ECHO 1
#define MOST_BYTES (4 << 20)
#define MOST_CALLS 2000000

static void die(const char *what)
{
    perror(what);
    exit(1);
}

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
};

struct blob {
    char *bytes;
    unsigned size;
};

static bool_t xdr_blob(XDR *xdrs, struct blob *blob)
{
    return xdr_bytes(xdrs, &blob->bytes, &blob->size, MOST_BYTES);
}

static void dispatch(struct svc_req *request, SVCXPRT *transport)
{
    struct blob blob = {NULL, 0};

    switch (request->rq_proc) {
    case NOTHING:
        svc_sendreply(transport, (xdrproc_t)xdr_void, NULL);
        break;
    case ECHO:
        if (!svc_getargs(transport, (xdrproc_t)xdr_blob, (caddr_t)&blob)) {
            svcerr_decode(transport);
            break;
        }
        svc_sendreply(transport, (xdrproc_t)xdr_blob, (caddr_t)&blob);
        svc_freeargs(transport, (xdrproc_t)xdr_blob, (caddr_t)&blob);
        break;
    default:
        svcerr_noproc(transport);
    }
}

/* A socket, and the address that it is to have or to go to. */
static int open_socket(const char *netid, const char *where, union address *address, socklen_t *size)
{
    memset(address, 0, sizeof *address);
    if (strcmp(netid, "local") == 0) {
        address->un.sun_family = AF_UNIX;
        snprintf(address->un.sun_path, sizeof address->un.sun_path, "%s", where);
        *size = sizeof address->un;
        return socket(AF_UNIX, SOCK_STREAM, 0);
    }
    address->in.sin_family = AF_INET;
    address->in.sin_port = htons((unsigned short)atoi(where));
    address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *size = sizeof address->in;
    return socket(AF_INET, strcmp(netid, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM, 0);
}

static void serve(const char *netid, const char *path)
{
    union address address;
    socklen_t size;
    int local = strcmp(netid, "local") == 0, udp = strcmp(netid, "udp") == 0;
    int fd = open_socket(netid, local ? path : "0", &address, &size);
    SVCXPRT *transport;

    if (fd < 0 || bind(fd, &address.any, size) != 0) die("bind");
    if (!udp && listen(fd, 16) != 0) die("listen");
    transport = udp ? svc_dg_create(fd, 0, 0) : svc_vc_create(fd, 0, 0);
    if (transport == NULL || !svc_reg(transport, PROGRAM, VERSION, dispatch, NULL)) die("svc_reg");
    getsockname(fd, &address.any, &size);
    if (local)
        puts(path);
    else
        printf("%d\n", ntohs(address.in.sin_port));
    fflush(stdout);
    svc_run();
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return x < y ? -1 : x > y;
}

static CLIENT *create(const char *netid, const char *where)
{
    union address address;
    socklen_t size;
    int fd = open_socket(netid, where, &address, &size), on = 1;
    struct netbuf to = {sizeof address, 0, &address};

    if (fd < 0) die("socket");
    to.len = size;
    if (strcmp(netid, "udp") == 0) return clnt_dg_create(fd, &to, PROGRAM, VERSION, 0, 0);
    if (connect(fd, &address.any, size) != 0) die("connect");
    if (strcmp(netid, "tcp") == 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return clnt_vc_create(fd, &to, PROGRAM, VERSION, 0, 0);
}

static void call(CLIENT *client, struct blob *args, struct blob *result)
{
    struct timeval limit = {25, 0};
    enum clnt_stat stat =
        args->size == 0
            ? clnt_call(client, NOTHING, (xdrproc_t)xdr_void, NULL, (xdrproc_t)xdr_void, NULL, limit)
            : clnt_call(client, ECHO, (xdrproc_t)xdr_blob, (caddr_t)args, (xdrproc_t)xdr_blob, (caddr_t)result, limit);
    if (stat != RPC_SUCCESS) die(clnt_sperrno(stat));
}

static void measure(const char *netid, const char *where, unsigned bytes, long warm_ms, long ms)
{
    CLIENT *client = create(netid, where);
    /* The result is received into one buffer for ever. */
    struct blob args = {calloc(1, bytes + 1), bytes}, result = {malloc(bytes + 1), 0};
    long *times = malloc(MOST_CALLS * sizeof *times);
    long calls = 0, begin, end;

    if (client == NULL) die(clnt_spcreateerror("create"));
    if (args.bytes == NULL || result.bytes == NULL || times == NULL) die("malloc");
    for (end = now() + warm_ms * 1000000; now() < end;) call(client, &args, &result);
    for (begin = now(), end = begin + ms * 1000000; begin < end && calls < MOST_CALLS;) {
        call(client, &args, &result);
        long next = now();
        times[calls++] = next - begin;
        begin = next;
    }
    qsort(times, calls, sizeof *times, compare);
    printf("%ld %ld %ld\n", times[calls / 2], times[calls * 99 / 100], calls);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "server") == 0) serve(argv[2], argv[3]);
    if (argc == 7 && strcmp(argv[1], "client") == 0) {
        measure(argv[2], argv[3], (unsigned)atoi(argv[4]), atol(argv[5]), atol(argv[6]));
        return 0;
    }
    return 2;
}
