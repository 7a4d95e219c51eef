/* probe_server PATH: probe.x over tcp, udp and the local socket at PATH. */
#include "probe.h"
#include "serve.h"

#include <stdlib.h>
#include <string.h>

enum { LOWEST = 7, HIGHEST = 9, AUTH_BASE = 100, WEAK_AUTH = 200 };

void probe_prog_1(struct svc_req *, SVCXPRT *);
void probe_prog_3(struct svc_req *, SVCXPRT *);

bool_t refuse_1_svc(int how, int *result, struct svc_req *request)
{
    SVCXPRT *transport = request->rq_xprt;

    (void)result;
    switch (how) {
    case 0: break;
    case PROG_UNAVAIL: svcerr_noprog(transport); break;
    case PROG_MISMATCH: svcerr_progvers(transport, LOWEST, HIGHEST); break;
    case PROC_UNAVAIL: svcerr_noproc(transport); break;
    case GARBAGE_ARGS: svcerr_decode(transport); break;
    case SYSTEM_ERR: svcerr_systemerr(transport); break;
    case WEAK_AUTH: svcerr_weakauth(transport); break;
    default: svcerr_auth(transport, (enum auth_stat)(how - AUTH_BASE)); break;
    }
    /* The skeleton sends nothing more then. */
    return FALSE;
}

bool_t who_1_svc(identity *result, struct svc_req *request)
{
    static int gids[64];
    struct authunix_parms *parms = (struct authunix_parms *)request->rq_clntcred;

    memset(result, 0, sizeof *result);
    result->flavor = request->rq_cred.oa_flavor;
    result->machine = "";
    if (result->flavor != AUTH_SYS) return TRUE;
    result->machine = parms->aup_machname;
    result->uid = (int)parms->aup_uid;
    result->gid = (int)parms->aup_gid;
    for (u_int i = 0; i < parms->aup_len; i++) gids[i] = (int)parms->aup_gids[i];
    result->gids.gids_len = parms->aup_len;
    result->gids.gids_val = gids;
    return TRUE;
}

static int noted[65536];
static u_int noted_len;

bool_t note_1_svc(int value, void *result, struct svc_req *request)
{
    (void)result, (void)request;
    if (noted_len < sizeof noted / sizeof *noted) noted[noted_len++] = value;
    return FALSE;
}

bool_t noted_1_svc(notes *result, struct svc_req *request)
{
    (void)request;
    result->notes_val = noted;
    result->notes_len = noted_len;
    noted_len = 0;
    return TRUE;
}

bool_t drop_1_svc(int times, int *result, struct svc_req *request)
{
    static int runs;

    (void)request;
    if (++runs <= times) return FALSE;
    *result = runs;
    runs = 0;
    return TRUE;
}

bool_t successor_1_svc(int value, int *result, struct svc_req *request)
{
    (void)request;
    *result = value + 1;
    return TRUE;
}

bool_t successor_three_3_svc(int value, int *result, struct svc_req *request)
{
    return successor_1_svc(value, result, request);
}

/* Results are static, or the arguments' memory, which the skeleton frees. */
int probe_prog_1_freeresult(SVCXPRT *transport, xdrproc_t routine, caddr_t result)
{
    (void)transport, (void)routine, (void)result;
    return TRUE;
}

int probe_prog_3_freeresult(SVCXPRT *transport, xdrproc_t routine, caddr_t result)
{
    (void)transport, (void)routine, (void)result;
    return TRUE;
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    open_transports(argv[1]);
    serve(PROBE_PROG, PROBE_ONE, probe_prog_1);
    serve(PROBE_PROG, PROBE_THREE, probe_prog_3);
    run();
}
