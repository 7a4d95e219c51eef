/*
 * C's half of the bench: a server whose procedure 0 does nothing and whose procedure 1 answers with its bytes, and a client that measures.
 *
 *   libtirpc server tcp|udp|local PATH   prints its port, or its path, and serves until it is killed
 *   libtirpc client tcp|udp|local ADDRESS BYTES WARM_MS MS   calls for so long, one at a time: procedure 0 where BYTES is 0, else an echo of
 *                                                            so many; prints the median and the 99th percentile in nanoseconds, and calls
 */
#include "../lib/libtirpc_peer.h"

#define PROGRAM 0x20000042
#define VERSION 3
#define NOTHING 0
#define ECHO 1
#define MOST_BYTES (4 << 20)
#define MOST_CALLS 2000000

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

static void serve(const char *netid, const char *path)
{
    int local = strcmp(netid, "local") == 0;
    int port = serve_program(netid, local ? path : "0", PROGRAM, VERSION, dispatch);

    if (local)
        puts(path);
    else
        printf("%d\n", port);
    fflush(stdout);
    svc_run();
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
    CLIENT *client = open_client(netid, where, PROGRAM, VERSION);
    /* The result is received into one buffer for ever. */
    struct blob args = {calloc(1, bytes + 1), bytes}, result = {malloc(bytes + 1), 0};
    long *times = malloc(MOST_CALLS * sizeof *times);
    long calls = 0, begin, end;

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
