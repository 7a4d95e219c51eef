/*
 * types_server PATH: each procedure answers with its argument changed in a way that a mere echo would not
 * pass for, where the type allows one.
 */
#include "serve.h"
#include "types.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void types_prog_1(struct svc_req *, SVCXPRT *);
void types_prog_2(struct svc_req *, SVCXPRT *);

bool_t ping_1_svc(void *result, struct svc_req *request)
{
    (void)result, (void)request;
    return TRUE;
}

bool_t echo_int_1_svc(int value, int *result, struct svc_req *request)
{
    (void)request;
    *result = value + 1;
    return TRUE;
}

bool_t echo_hyper_1_svc(quad_t value, quad_t *result, struct svc_req *request)
{
    (void)request;
    *result = value - 1;
    return TRUE;
}

bool_t echo_double_1_svc(double value, double *result, struct svc_req *request)
{
    (void)request;
    *result = value * 2;
    return TRUE;
}

bool_t negate_1_svc(bool_t value, bool_t *result, struct svc_req *request)
{
    (void)request;
    *result = !value;
    return TRUE;
}

bool_t echo_string_1_svc(char *value, char **result, struct svc_req *request)
{
    (void)request;
    for (char *c = value; *c != 0; c++)
        if (islower((unsigned char)*c)) *c = toupper((unsigned char)*c);
    *result = value;
    return TRUE;
}

bool_t echo_color_1_svc(color value, color *result, struct svc_req *request)
{
    (void)request;
    *result = value == RED ? DEEP : value;
    return TRUE;
}

bool_t reverse_1_svc(numbers value, numbers *result, struct svc_req *request)
{
    (void)request;
    for (u_int i = 0; i < value.numbers_len / 2; i++) {
        int swapped = value.numbers_val[i];
        value.numbers_val[i] = value.numbers_val[value.numbers_len - 1 - i];
        value.numbers_val[value.numbers_len - 1 - i] = swapped;
    }
    *result = value;
    return TRUE;
}

bool_t echo_union_1_svc(by_bool value, by_bool *result, struct svc_req *request)
{
    (void)request;
    *result = value;
    return TRUE;
}

bool_t append_1_svc(list value, list *result, struct svc_req *request)
{
    list *end = &value;
    list *added = calloc(1, sizeof *added);

    (void)request;
    while (end->next != NULL) end = end->next;
    added->id = end->id + 1;
    added->label = strdup("added");
    end->next = added;
    *result = value;
    return TRUE;
}

bool_t echo_everything_1_svc(everything value, everything *result, struct svc_req *request)
{
    (void)request;
    *result = value;
    return TRUE;
}

bool_t sum_1_svc(blob value, char *result, struct svc_req *request)
{
    (void)request;
    memset(result, 0, 5);
    for (u_int i = 0; i < value.blob_len; i++) result[i % 5] ^= value.blob_val[i];
    return TRUE;
}

bool_t add_2_svc(int one, int two, int *result, struct svc_req *request)
{
    (void)request;
    *result = one + two;
    return TRUE;
}

bool_t join_2_svc(name one, name two, u_quad_t number, char **result, struct svc_req *request)
{
    static char text[128];

    (void)request;
    snprintf(text, sizeof text, "%s+%s+%llu", one, two, (unsigned long long)number);
    *result = text;
    return TRUE;
}

/* Results share their memory with the arguments, which the skeleton frees. */
int types_prog_1_freeresult(SVCXPRT *transport, xdrproc_t routine, caddr_t result)
{
    (void)transport, (void)routine, (void)result;
    return TRUE;
}

int types_prog_2_freeresult(SVCXPRT *transport, xdrproc_t routine, caddr_t result)
{
    (void)transport, (void)routine, (void)result;
    return TRUE;
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    open_transports(argv[1]);
    serve(TYPES_PROG, TYPES_ONE, types_prog_1);
    serve(TYPES_PROG, TYPES_TWO, types_prog_2);
    run();
}
