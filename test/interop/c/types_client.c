/* types_client NETID: calls each procedure with known values and prints, one a line, what is answered. */
#include "call.h"
#include "values.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    CLIENT *one, *two;
    int i = 0;
    quad_t h = 0;
    double d = 0;
    bool_t b = FALSE;
    char *s = NULL;
    color c = RED;
    numbers n;
    by_bool u;
    list l;
    everything e;
    digest sum;
    blob known_blob = {7, "\x01\x02\x03\x04\x05\x06\x07"};

    if (argc != 2) return 2;
    memset(&n, 0, sizeof n);
    memset(&u, 0, sizeof u);
    memset(&l, 0, sizeof l);
    memset(&e, 0, sizeof e);
    one = reach(argv[1], TYPES_PROG, TYPES_ONE);
    two = reach(argv[1], TYPES_PROG, TYPES_TWO);

    check(one, "PING", ping_1(NULL, one));
    puts("PING");
    check(one, "ECHO_INT", echo_int_1(-5, &i, one));
    printf("ECHO_INT %d\n", i);
    check(one, "ECHO_HYPER", echo_hyper_1(1LL << 40, &h, one));
    printf("ECHO_HYPER %lld\n", (long long)h);
    check(one, "ECHO_DOUBLE", echo_double_1(-0.125, &d, one));
    printf("ECHO_DOUBLE %g\n", d);
    check(one, "NEGATE", negate_1(FALSE, &b, one));
    printf("NEGATE %d\n", b);
    check(one, "ECHO_STRING", echo_string_1("shout", &s, one));
    printf("ECHO_STRING %s\n", s);
    check(one, "ECHO_COLOR", echo_color_1(RED, &c, one));
    printf("ECHO_COLOR %d\n", c);
    check(one, "REVERSE", reverse_1(*known_numbers(), &n, one));
    printf("REVERSE %s\n", hex((xdrproc_t)xdr_numbers, &n));
    check(one, "ECHO_UNION", echo_union_1(*known_union(), &u, one));
    printf("ECHO_UNION %s\n", hex((xdrproc_t)xdr_by_bool, &u));
    check(one, "APPEND", append_1(*known_list(), &l, one));
    printf("APPEND %s\n", hex((xdrproc_t)xdr_list, &l));
    check(one, "ECHO_EVERYTHING", echo_everything_1(*known_everything(), &e, one));
    printf("ECHO_EVERYTHING %s\n", hex((xdrproc_t)xdr_everything, &e));
    check(one, "SUM", sum_1(known_blob, sum, one));
    printf("SUM %s\n", hex((xdrproc_t)xdr_digest, sum));
    check(two, "ADD", add_2(40, 2, &i, two));
    printf("ADD %d\n", i);
    s = NULL;
    check(two, "JOIN", join_2("left", "right", 18446744073709551615ULL, &s, two));
    printf("JOIN %s\n", s);
    clnt_destroy(one);
    clnt_destroy(two);
    return 0;
}
