/* date_client NETID SECONDS: prints what BIN_DATE answers, and STR_DATE for SECONDS. */
#include "call.h"
#include "date.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    long now = 0;
    char *text = NULL;
    CLIENT *client;

    if (argc != 3) return 2;
    client = reach(argv[1], DATE_PROG, DATE_VERS);
    check(client, "BIN_DATE", bin_date_1(&now, client));
    check(client, "STR_DATE", str_date_1(atol(argv[2]), &text, client));
    printf("%ld\n%s\n", now, text);
    clnt_destroy(client);
    return 0;
}
