/* date_portmap tcp|udp: what BIN_DATE and STR_DATE answer, where the address has no port: version 2 of the portmapper is asked. */
#include "date.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval again = {5, 0};
    int fd = RPC_ANYSOCK;
    long now = 0;
    char *text = NULL;
    CLIENT *client;

    if (argc != 2) return 2;
    client = strcmp(argv[1], "tcp") == 0 ? clnttcp_create(&address, DATE_PROG, DATE_VERS, &fd, 0, 0)
                                         : clntudp_create(&address, DATE_PROG, DATE_VERS, again, &fd);
    if (client == NULL) {
        clnt_pcreateerror(argv[1]);
        return 1;
    }
    if (bin_date_1(&now, client) != RPC_SUCCESS || str_date_1(86400, &text, client) != RPC_SUCCESS) {
        fprintf(stderr, "no answer over %s\n", argv[1]);
        return 1;
    }
    printf("%ld\n%s\n", now, text);
    return 0;
}
