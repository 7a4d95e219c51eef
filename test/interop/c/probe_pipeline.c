/*
 * probe_pipeline NETID COUNT: sends COUNT calls of SUCCESSOR in one piece, over a socket of its own, and reads the replies
 * as they come: libtirpc's clients await each before the next. Prints how many were the right one for their xid, and how
 * many came ahead of a call that was sent before theirs.
 */
#include "call.h"
#include "probe.h"

#include <netconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_XID = 0x7f000000, CALL_BYTES = 48 };

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int connection(const char *netid)
{
    struct netconfig *configuration = getnetconfigent(netid);
    struct sockaddr_storage address;
    struct netbuf found = {sizeof address, 0, &address};
    int fd;

    if (!rpcb_getaddr(PROBE_PROG, PROBE_ONE, configuration, &found, "localhost")) {
        fprintf(stderr, "%s", clnt_spcreateerror(netid));
        exit(1);
    }
    fd = socket(address.ss_family, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, found.len) != 0) die("connect");
    return fd;
}

static void read_all(int fd, char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t got = read(fd, bytes, count);
        if (got <= 0) die("read");
        bytes += got;
        count -= (size_t)got;
    }
}

static void write_calls(int fd, int count)
{
    char *calls = malloc((size_t)count * CALL_BYTES), *end = calls;
    u_int32_t header;

    for (int i = 0; i < count; i++) {
        struct rpc_msg message = {0};
        XDR xdr;

        message.rm_xid = FIRST_XID + (u_int32_t)i;
        message.rm_direction = CALL;
        message.rm_call.cb_rpcvers = RPC_MSG_VERSION;
        message.rm_call.cb_prog = PROBE_PROG;
        message.rm_call.cb_vers = PROBE_ONE;
        message.rm_call.cb_proc = SUCCESSOR;
        message.rm_call.cb_cred = _null_auth;
        message.rm_call.cb_verf = _null_auth;
        xdrmem_create(&xdr, end + 4, CALL_BYTES - 4, XDR_ENCODE);
        if (!xdr_callmsg(&xdr, &message) || !xdr_int(&xdr, &i)) die("encoding");
        header = htonl(0x80000000u | xdr_getpos(&xdr));
        memcpy(end, &header, 4);
        end += 4 + xdr_getpos(&xdr);
    }
    for (char *at = calls; at < end;) {
        ssize_t done = write(fd, at, (size_t)(end - at));
        if (done <= 0) die("write");
        at += done;
    }
    free(calls);
}

int main(int argc, char **argv)
{
    int count, fd, right = 0, early = 0;
    u_int32_t highest = 0;

    if (argc != 3) return 2;
    count = atoi(argv[2]);
    fd = connection(argv[1]);
    write_calls(fd, count);
    for (int i = 0; i < count; i++) {
        char bytes[256];
        u_int32_t header;
        int result = 0;
        struct rpc_msg message = {0};
        XDR xdr;

        read_all(fd, (char *)&header, 4);
        header = ntohl(header) & 0x7fffffffu;
        if (header > sizeof bytes) die("record");
        read_all(fd, bytes, header);
        xdrmem_create(&xdr, bytes, header, XDR_DECODE);
        message.acpted_rply.ar_results.where = (caddr_t)&result;
        message.acpted_rply.ar_results.proc = (xdrproc_t)xdr_int;
        if (!xdr_replymsg(&xdr, &message)) die("decoding");
        if (message.rm_reply.rp_stat == MSG_ACCEPTED && message.acpted_rply.ar_stat == SUCCESS &&
            (u_int32_t)result == message.rm_xid - FIRST_XID + 1)
            right++;
        if (message.rm_xid < highest) early++;
        else highest = message.rm_xid;
    }
    printf("%d %d\n", right, early);
    return 0;
}
