/* What both clients share. */
#ifndef CALL_H
#define CALL_H

#include <rpc/rpc.h>

/* A client over tcp, udp or local, found through rpcbind. Exits with libtirpc's message where there is none. */
CLIENT *reach(const char *netid, rpcprog_t program, rpcvers_t version);
/* Exits with libtirpc's message unless the call succeeded. */
void check(CLIENT *client, const char *what, enum clnt_stat status);

#endif
