/* types_bytes: prints, one a line, "name hex" of values as C's routines encode them. */
#include "values.h"

#include <stdio.h>

static void show(const char *label, xdrproc_t routine, void *value)
{
    printf("%s %s\n", label, hex(routine, value));
}

int main(void)
{
    everything *all = known_everything();
    static by_int place = {1, {.place = {5, -6}}};
    static by_int nothing = {.which = NEGATIVE};
    static by_int other = {99, {.other = 18446744073709551615ULL}};
    static by_enum raw = {GREEN, {.raw = "\x01\x02"}};
    static by_enum blue = {.c = BLUE};
    static by_bool unknown = {.known = FALSE};

    show("integers", (xdrproc_t)xdr_integers, &all->i);
    show("reals", (xdrproc_t)xdr_reals, &all->r);
    show("texts", (xdrproc_t)xdr_texts, &all->t);
    show("arrays", (xdrproc_t)xdr_arrays, &all->a);
    show("optionals", (xdrproc_t)xdr_optionals, &all->o);
    show("list", (xdrproc_t)xdr_list, known_list());
    show("byInt.place", (xdrproc_t)xdr_by_int, &place);
    show("byInt.void", (xdrproc_t)xdr_by_int, &nothing);
    show("byInt.default", (xdrproc_t)xdr_by_int, &other);
    show("byEnum.raw", (xdrproc_t)xdr_by_enum, &raw);
    show("byEnum.void", (xdrproc_t)xdr_by_enum, &blue);
    show("byBool.true", (xdrproc_t)xdr_by_bool, known_union());
    show("byBool.false", (xdrproc_t)xdr_by_bool, &unknown);
    show("numbers", (xdrproc_t)xdr_numbers, known_numbers());
    show("everything", (xdrproc_t)xdr_everything, all);
    return 0;
}
