/*
 * probe_calls NETID FLAVOR PROGRAM:VERSION:PROCEDURE:ARGUMENT:MILLISECONDS...: calls with an int as argument and prints,
 * one a line, what each came to: clnt_stat, and what struct rpc_err says then. FLAVOR is "none" or "sys". An ARGUMENT "-"
 * is none at all. A NETID "tcp:PORT" is that port of this host, without rpcbind.
 */
#include "call.h"
#include "probe.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(CLIENT *client, enum clnt_stat status, int result)
{
    struct rpc_err error;

    clnt_geterr(client, &error);
    switch (status) {
    case RPC_SUCCESS: printf("%d %d\n", status, result); break;
    case RPC_AUTHERROR: printf("%d why %d\n", status, error.re_why); break;
    case RPC_VERSMISMATCH:
    case RPC_PROGVERSMISMATCH:
        printf("%d low %lu high %lu\n", status, (unsigned long)error.re_vers.low, (unsigned long)error.re_vers.high);
        break;
    case RPC_CANTSEND:
    case RPC_CANTRECV: printf("%d errno %d\n", status, error.re_errno); break;
    default: printf("%d\n", status); break;
    }
}

static CLIENT *at_port(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};
    int socket = RPC_ANYSOCK;
    CLIENT *client;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client = clnttcp_create(&address, PROBE_PROG, PROBE_ONE, &socket, 0, 0);
    if (client == NULL) {
        fprintf(stderr, "%s", clnt_spcreateerror("tcp"));
        exit(1);
    }
    return client;
}

int main(int argc, char **argv)
{
    CLIENT *client;

    if (argc < 3) return 2;
    client = strncmp(argv[1], "tcp:", 4) == 0 ? at_port(atoi(argv[1] + 4)) : reach(argv[1], PROBE_PROG, PROBE_ONE);
    if (strcmp(argv[2], "sys") == 0) client->cl_auth = authunix_create_default();
    for (int i = 3; i < argc; i++) {
        u_int32_t program, version, procedure, milliseconds;
        char text[16];
        int argument, result = 0;
        struct timeval timeout;
        enum clnt_stat status;

        if (sscanf(argv[i], "%u:%u:%u:%15[^:]:%u", &program, &version, &procedure, text, &milliseconds) != 5) return 2;
        argument = atoi(text);
        timeout.tv_sec = milliseconds / 1000;
        timeout.tv_usec = milliseconds % 1000 * 1000;
        clnt_control(client, CLSET_PROG, (char *)&program);
        clnt_control(client, CLSET_VERS, (char *)&version);
        status = clnt_call(client, procedure, strcmp(text, "-") == 0 ? (xdrproc_t)xdr_void : (xdrproc_t)xdr_int,
                           (caddr_t)&argument, (xdrproc_t)xdr_int, (caddr_t)&result, timeout);
        print(client, status, result);
    }
    return 0;
}
