/*
 * probe_batch NETID COUNT MILLISECONDS: notes 0 to COUNT-1 by batched calls, those without a result, with that timeout; then
 * asks by an ordinary call what was noted. Prints the clnt_stat of the batched calls, and what was noted.
 */
#include "call.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    CLIENT *client;
    notes noted = {0};
    enum clnt_stat first = RPC_FAILED;
    struct timeval timeout = {0, 0};

    if (argc != 4) return 2;
    timeout.tv_usec = atoi(argv[3]) * 1000;
    client = reach(argv[1], PROBE_PROG, PROBE_ONE);
    for (int i = 0; i < atoi(argv[2]); i++) {
        enum clnt_stat status =
            clnt_call(client, NOTE, (xdrproc_t)xdr_int, (caddr_t)&i, (xdrproc_t)NULL, NULL, timeout);
        if (i == 0) first = status;
        if (status != first) return 3;
    }
    check(client, "NOTED", noted_1(&noted, client));
    printf("%d\n", first);
    for (u_int i = 0; i < noted.notes_len; i++) printf("%s%d", i == 0 ? "" : " ", noted.notes_val[i]);
    puts("");
    return 0;
}
