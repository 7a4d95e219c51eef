/*
 * C's half of the bench: a server whose procedure 0 does nothing, and a client that measures calls of it.
 *
 *   libtirpc server tcp|udp|local PATH   prints its port, or its path, and serves until it is killed
 *   libtirpc client tcp|udp|local ADDRESS COUNT   prints the median and the 99th percentile of COUNT calls, in nanoseconds
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
#define UNMEASURED 5000

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

static void dispatch(struct svc_req *request, SVCXPRT *transport)
{
    if (request->rq_proc == 0)
        svc_sendreply(transport, (xdrproc_t)xdr_void, NULL);
    else
        svcerr_noproc(transport);
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

static void call(const char *netid, const char *where, int count)
{
    union address address;
    socklen_t size;
    int fd = open_socket(netid, where, &address, &size), on = 1;
    struct netbuf to = {sizeof address, 0, &address};
    struct timeval limit = {25, 0};
    long *times = calloc(count, sizeof *times);
    CLIENT *client;

    if (fd < 0 || times == NULL) die("socket");
    to.len = size;
    if (strcmp(netid, "udp") == 0)
        client = clnt_dg_create(fd, &to, PROGRAM, VERSION, 0, 0);
    else {
        if (connect(fd, &address.any, size) != 0) die("connect");
        if (strcmp(netid, "tcp") == 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        client = clnt_vc_create(fd, &to, PROGRAM, VERSION, 0, 0);
    }
    if (client == NULL) die(clnt_spcreateerror("create"));
    for (int i = -UNMEASURED; i < count; i++) {
        long start = now();
        enum clnt_stat stat = clnt_call(client, 0, (xdrproc_t)xdr_void, NULL, (xdrproc_t)xdr_void, NULL, limit);
        if (stat != RPC_SUCCESS) die(clnt_sperrno(stat));
        if (i >= 0) times[i] = now() - start;
    }
    qsort(times, count, sizeof *times, compare);
    printf("%ld %ld\n", times[count / 2], times[(long)count * 99 / 100]);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "server") == 0) serve(argv[2], argv[3]);
    if (argc == 5 && strcmp(argv[1], "client") == 0) {
        call(argv[2], argv[3], atoi(argv[4]));
        return 0;
    }
    return 2;
}
