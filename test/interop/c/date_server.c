/* date_server PATH: the date service over tcp, udp and the local socket at PATH. */
#include "date.h"
#include "serve.h"

void date_prog_1(struct svc_req *, SVCXPRT *);

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    open_transports(argv[1]);
    serve(DATE_PROG, DATE_VERS, date_prog_1);
    run();
}
