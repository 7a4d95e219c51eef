/* A transport and a client that are nothing but memory, with C's own stub and skeleton between them. */
#include "peer.h"

#include <string.h>

static struct bytes arguments_in, result_in;
static struct bytes *arguments_out, *result_out;
static enum status ended;

static enum xprt_stat state(SVCXPRT *transport)
{
    (void)transport;
    return XPRT_IDLE;
}

static bool_t get_arguments(SVCXPRT *transport, xdrproc_t routine, void *arguments)
{
    XDR xdrs;

    (void)transport;
    xdrmem_create(&xdrs, arguments_in.at, arguments_in.length, XDR_DECODE);
    if (!routine(&xdrs, arguments)) {
        ended = ARGUMENTS_NOT_DECODED;
        return FALSE;
    }
    if (xdr_getpos(&xdrs) != arguments_in.length) ended = TRAILING_BYTES;
    memset(arguments_in.at, 0x5a, arguments_in.length);
    return TRUE;
}

static bool_t free_arguments(SVCXPRT *transport, xdrproc_t routine, void *arguments)
{
    (void)transport;
    xdr_free(routine, arguments);
    return TRUE;
}

static bool_t reply(SVCXPRT *transport, struct rpc_msg *message)
{
    XDR xdrs;

    (void)transport;
    if (ended != NO_REPLY) return TRUE;
    if (message->rm_reply.rp_stat != MSG_ACCEPTED || message->acpted_rply.ar_stat != SUCCESS) {
        ended = NO_SUCH_ENTRY;
        return TRUE;
    }
    xdrmem_create(&xdrs, result_out->at, MAX_BYTES, XDR_ENCODE);
    ended = message->acpted_rply.ar_results.proc(&xdrs, message->acpted_rply.ar_results.where) ? DONE
                                                                                               : RESULT_NOT_ENCODED;
    result_out->length = xdr_getpos(&xdrs);
    return ended == DONE;
}

static enum clnt_stat call(CLIENT *client, rpcproc_t procedure, xdrproc_t arguments_routine, void *arguments,
                           xdrproc_t result_routine, void *result, struct timeval timeout)
{
    XDR xdrs;

    (void)client, (void)procedure, (void)timeout;
    memset(arguments_out->at, 0xa5, 64);
    xdrmem_create(&xdrs, arguments_out->at, MAX_BYTES, XDR_ENCODE);
    if (!arguments_routine(&xdrs, arguments)) {
        ended = ARGUMENTS_NOT_ENCODED;
        return RPC_CANTENCODEARGS;
    }
    arguments_out->length = xdr_getpos(&xdrs);
    xdrmem_create(&xdrs, result_in.at, result_in.length, XDR_DECODE);
    if (!result_routine(&xdrs, result)) {
        ended = RESULT_NOT_DECODED;
        return RPC_CANTDECODERES;
    }
    if (xdr_getpos(&xdrs) != result_in.length) ended = TRAILING_BYTES;
    memset(result_in.at, 0x5a, result_in.length);
    return RPC_SUCCESS;
}

static struct clnt_ops client_operations = {.cl_call = call};
static CLIENT client = {.cl_ops = &client_operations};
CLIENT *const proxy = &client;

static const struct xp_ops operations = {
    .xp_stat = state, .xp_getargs = get_arguments, .xp_reply = reply, .xp_freeargs = free_arguments};
static SVCXPRT transport = {.xp_ops = &operations};

enum status through_stub_and_skeleton(const struct entry *entry, struct bytes arguments, struct bytes result,
                                      struct bytes *sent, struct bytes *replied)
{
    struct svc_req request = {.rq_proc = entry->procedure, .rq_xprt = &transport};

    arguments_in = arguments;
    result_in = result;
    arguments_out = sent;
    result_out = replied;
    ended = NO_REPLY;
    entry->dispatch(&request, &transport);
    return ended;
}
