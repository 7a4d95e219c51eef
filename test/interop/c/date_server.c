/* date_server PATH: the date service over tcp, udp and the local socket at PATH. */
#include "date.h"
#include "serve.h"

#include <string.h>
#include <time.h>

void date_prog_1(struct svc_req *, SVCXPRT *);

bool_t bin_date_1_svc(long *result, struct svc_req *request)
{
    (void)request;
    *result = time(NULL);
    return TRUE;
}

bool_t str_date_1_svc(long seconds, char **result, struct svc_req *request)
{
    static char text[64];
    time_t when = seconds;

    (void)request;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ from C", gmtime(&when));
    *result = text;
    return TRUE;
}

int date_prog_1_freeresult(SVCXPRT *transport, xdrproc_t routine, caddr_t result)
{
    (void)transport, (void)routine, (void)result;
    return TRUE;
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    open_transports(argv[1]);
    serve(DATE_PROG, DATE_VERS, date_prog_1);
    run();
}
