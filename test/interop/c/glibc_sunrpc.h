/*
 * Included in front of a program that is linked without libtirpc: with the Sun RPC that glibc keeps for programs from before
 * its 2.32. pmap_set and pmap_unset talk version 2 with the portmapper, over udp, where libtirpc's talk version 3 over the
 * UNIX socket.
 */
#ifndef GLIBC_SUNRPC_H
#define GLIBC_SUNRPC_H

#include <rpc/rpc.h>

/* glibc's first version for the processor. */
#if defined(__x86_64__)
#define FIRST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define FIRST "GLIBC_2.17"
#endif
#define OLD(name) __asm__(".symver " #name "," #name "@" FIRST)

OLD(clnt_pcreateerror);
OLD(clnttcp_create);
OLD(clntudp_create);
OLD(pmap_unset);
OLD(svc_register);
OLD(svc_run);
OLD(svc_sendreply);
OLD(svcerr_decode);
OLD(svcerr_noproc);
OLD(svcerr_systemerr);
OLD(svctcp_create);
OLD(svcudp_create);
OLD(xdr_long);
OLD(xdr_void);
OLD(xdr_wrapstring);

/* libtirpc's has 32 bits for each of these. */
struct glibc_svc_req {
    unsigned long rq_prog, rq_vers, rq_proc;
    struct opaque_auth rq_cred;
    caddr_t rq_clntcred;
    SVCXPRT *rq_xprt;
};
#define svc_req glibc_svc_req

#endif
