/* What both servers share: registration over tcp, udp and local, and one line when that is done. */
#ifndef SERVE_H
#define SERVE_H

#include <netconfig.h>
#include <rpc/rpc.h>

typedef void (*dispatch_t)(struct svc_req *, SVCXPRT *);

/* Makes the three transports; `path` is where the local one listens. Exits with a message on any failure. */
void open_transports(const char *path);
/* Registers one version on the three transports; what a server that was killed left is replaced. */
void serve(rpcprog_t program, rpcvers_t version, dispatch_t dispatch);
/* Prints "ready" and serves until a signal. */
void run(void);

#endif
