#include "call.h"

#include <netconfig.h>
#include <stdio.h>
#include <stdlib.h>

CLIENT *reach(const char *netid, rpcprog_t program, rpcvers_t version)
{
    struct netconfig *configuration = getnetconfigent(netid);
    CLIENT *client = configuration == NULL ? NULL : clnt_tp_create("localhost", program, version, configuration);

    if (client == NULL) {
        fprintf(stderr, "%s", clnt_spcreateerror(netid));
        exit(1);
    }
    return client;
}

void check(CLIENT *client, const char *what, enum clnt_stat status)
{
    if (status == RPC_SUCCESS) return;
    fprintf(stderr, "%s\n", clnt_sperror(client, what));
    exit(1);
}
