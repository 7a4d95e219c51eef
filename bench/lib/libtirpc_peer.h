/* What C's programs of the benches have in common: libtirpc's servers and clients at an address that is given, and the clock. */
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

/* Listens, without a portmapper. Returns the port; 0 of a UNIX socket. */
static int serve_program(const char *netid, const char *where, rpcprog_t program, rpcvers_t version,
                         void (*dispatch)(struct svc_req *, SVCXPRT *))
{
    union address address;
    socklen_t size;
    int udp = strcmp(netid, "udp") == 0, fd = open_socket(netid, where, &address, &size);
    SVCXPRT *transport;

    if (fd < 0 || bind(fd, &address.any, size) != 0) die("bind");
    if (!udp && listen(fd, 1024) != 0) die("listen");
    transport = udp ? svc_dg_create(fd, 0, 0) : svc_vc_create(fd, 0, 0);
    if (transport == NULL || !svc_reg(transport, program, version, dispatch, NULL)) die("svc_reg");
    getsockname(fd, &address.any, &size);
    return strcmp(netid, "local") == 0 ? 0 : ntohs(address.in.sin_port);
}

static CLIENT *open_client(const char *netid, const char *where, rpcprog_t program, rpcvers_t version)
{
    union address address;
    socklen_t size;
    int fd = open_socket(netid, where, &address, &size), on = 1;
    struct netbuf to = {sizeof address, 0, &address};
    CLIENT *client;

    if (fd < 0) die("socket");
    to.len = size;
    if (strcmp(netid, "udp") == 0)
        client = clnt_dg_create(fd, &to, program, version, 0, 0);
    else {
        if (connect(fd, &address.any, size) != 0) die("connect");
        if (strcmp(netid, "tcp") == 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        client = clnt_vc_create(fd, &to, program, version, 0, 0);
    }
    if (client == NULL) die(clnt_spcreateerror("create"));
    return client;
}

/* Nanoseconds. */
static long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

/* For qsort. */
static int compare(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;

    return x < y ? -1 : x > y;
}
