/* date_broadcast FUNCTION NETTYPE: asks every server for BIN_DATE, prints the first reply and where it is from. FUNCTION is "rpc" or "clnt". */
#include "date.h"

#include <arpa/inet.h>
#include <netconfig.h>
#include <rpc/pmap_clnt.h>
#include <rpc/pmap_rmt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long now;

static bool_t from_netbuf(caddr_t result, struct netbuf *address, struct netconfig *configuration)
{
    char *uaddr = taddr2uaddr(configuration, address);

    (void)result;
    printf("%ld %s %s\n", now, configuration->nc_netid, uaddr);
    free(uaddr);
    return TRUE;
}

static bool_t from_sockaddr(caddr_t result, struct sockaddr_in *address)
{
    (void)result;
    printf("%ld %s %d\n", now, inet_ntoa(address->sin_addr), ntohs(address->sin_port));
    return TRUE;
}

int main(int argc, char **argv)
{
    enum clnt_stat status;

    if (argc != 3) return 2;
    if (strcmp(argv[1], "clnt") == 0)
        status = clnt_broadcast(DATE_PROG, DATE_VERS, BIN_DATE, (xdrproc_t)xdr_void, NULL, (xdrproc_t)xdr_long,
                                (caddr_t)&now, (resultproc_t)from_sockaddr);
    else
        status = rpc_broadcast(DATE_PROG, DATE_VERS, BIN_DATE, (xdrproc_t)xdr_void, NULL, (xdrproc_t)xdr_long,
                               (caddr_t)&now, (resultproc_t)from_netbuf, argv[2]);
    if (status == RPC_SUCCESS) return 0;
    fprintf(stderr, "%s\n", clnt_sperrno(status));
    return 1;
}
