/* The procedures of the date service, for each of its servers. */
#include "date.h"

#include <time.h>

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
