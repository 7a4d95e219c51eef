#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const netids[] = {"tcp", "udp", "local"};
static SVCXPRT *transports[3];
static struct netconfig *configurations[3];

static void die(const char *what, const char *netid)
{
    fprintf(stderr, "%s over %s failed\n", what, netid);
    exit(1);
}

void open_transports(const char *path)
{
    for (int i = 0; i < 3; i++) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        struct t_bind bind = {.addr = {sizeof un, sizeof un, &un}, .qlen = 16};
        int local = strcmp(netids[i], "local") == 0;

        snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
        unlink(path);
        configurations[i] = getnetconfigent(netids[i]);
        if (configurations[i] == NULL) die("getnetconfigent", netids[i]);
        transports[i] = svc_tli_create(RPC_ANYFD, configurations[i], local ? &bind : NULL, 0, 0);
        if (transports[i] == NULL) die("svc_tli_create", netids[i]);
    }
}

void serve(rpcprog_t program, rpcvers_t version, dispatch_t dispatch)
{
    rpcb_unset(program, version, NULL);
    for (int i = 0; i < 3; i++)
        if (!svc_reg(transports[i], program, version, dispatch, configurations[i])) die("svc_reg", netids[i]);
}

void run(void)
{
    puts("ready");
    fflush(stdout);
    svc_run();
    exit(1);
}
