/*
 * probe_retry MILLISECONDS ARGUMENT: calls DROP with the argument over udp, sending again after so many milliseconds; prints
 * clnt_stat and the result.
 */
#include "call.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    CLIENT *client;
    struct timeval again;
    int result = 0;
    enum clnt_stat status;

    if (argc != 3) return 2;
    client = reach("udp", PROBE_PROG, PROBE_ONE);
    again.tv_sec = atoi(argv[1]) / 1000;
    again.tv_usec = atoi(argv[1]) % 1000 * 1000;
    clnt_control(client, CLSET_RETRY_TIMEOUT, (char *)&again);
    status = drop_1(atoi(argv[2]), &result, client);
    printf("%d %d\n", status, result);
    return 0;
}
