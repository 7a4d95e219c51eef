/*
 * probe_retry MILLISECONDS SECONDS ARGUMENT: calls DROP with the argument over udp, sending again after so many milliseconds,
 * for so many seconds; prints clnt_stat and the result.
 */
#include "call.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    CLIENT *client;
    struct timeval again, total = {0, 0};
    int times, result = 0;
    enum clnt_stat status;

    if (argc != 4) return 2;
    client = reach("udp", PROBE_PROG, PROBE_ONE);
    again.tv_sec = atoi(argv[1]) / 1000;
    again.tv_usec = atoi(argv[1]) % 1000 * 1000;
    clnt_control(client, CLSET_RETRY_TIMEOUT, (char *)&again);
    total.tv_sec = atoi(argv[2]);
    times = atoi(argv[3]);
    status = clnt_call(client, DROP, (xdrproc_t)xdr_int, (caddr_t)&times, (xdrproc_t)xdr_int, (caddr_t)&result, total);
    printf("%d %d\n", status, result);
    return 0;
}
