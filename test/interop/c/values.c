#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static point here = {-1, 2147483647};
static point more[] = {{1, 2}, {3, 4}, {-2147483647 - 1, 5}};
static int open_numbers[] = {1, -1, 0, 1234567890};
static int bounded_numbers[] = {7, 8, 9, 10};
static color colors[] = {RED, GREEN, BLUE, DEEP};
static double doubles[] = {0.5, -1e300, 0.1};
static quad_t hypers[] = {-1, 0x0123456789abcdefLL};
static name names[] = {"", "a", "sixteen letters!"};

static tree leaf = {1, NULL, NULL};
static tree right_leaf = {3, NULL, NULL};
static tree root = {2, &leaf, &right_leaf};

static list third = {3, "three", NULL};
static list second = {2, "two", &third};
static list first = {1, "one", &second};

static everything all;

list *known_list(void)
{
    return &first;
}

numbers *known_numbers(void)
{
    static numbers known = {4, open_numbers};
    return &known;
}

by_bool *known_union(void)
{
    static by_bool known;

    known.known = TRUE;
    known.by_bool_u.value.c = RED;
    known.by_bool_u.value.by_enum_u.inner.which = 3;
    known.by_bool_u.value.by_enum_u.inner.by_int_u.label = "three";
    return &known;
}

everything *known_everything(void)
{
    all.i.a = -2147483647 - 1;
    all.i.b = 4294967295u;
    all.i.c = 1;
    all.i.d = -2;
    all.i.e = 3000000000u;
    all.i.f = -32768;
    all.i.g = 65535;
    all.i.h = -128;
    all.i.i = 255;
    all.i.j = (-9223372036854775807LL) - 1;
    all.i.k = 18446744073709551615ULL;

    all.r.f = 1.5f;
    all.r.d = -2.25;
    all.r.yes = TRUE;
    all.r.no = FALSE;

    all.t.anything = "h\xc3\xa9llo";
    all.t.short_name = "sixteen letters!";
    memcpy(all.t.fixed, "\x01\x02\x03\x04\x05\x06\x07", 7);
    all.t.open.open_len = 5;
    all.t.open.open_val = "\xff\xfe\x00\x01\x02";
    all.t.bounded.blob_len = 0;
    all.t.bounded.blob_val = NULL;
    memcpy(all.t.sum, "\x0a\x0b\x0c\x0d\x0e", 5);

    all.a.open = *known_numbers();
    all.a.bounded.bounded_len = 4;
    all.a.bounded.bounded_val = bounded_numbers;
    all.a.fixed[0] = 1;
    all.a.fixed[1] = 2;
    all.a.fixed[2] = 4294967295u;
    all.a.points[0] = here;
    all.a.points[1] = more[0];
    all.a.more.more_len = 3;
    all.a.more.more_val = more;
    all.a.colors.palette_len = 4;
    all.a.colors.palette_val = colors;
    all.a.doubles.doubles_len = 3;
    all.a.doubles.doubles_val = doubles;
    all.a.hypers.hypers_len = 2;
    all.a.hypers.hypers_val = hypers;
    all.a.names.names_len = 3;
    all.a.names.names_val = names;

    all.u = *known_union();

    all.o.here = &here;
    all.o.nowhere = NULL;
    all.o.chain = &first;
    all.o.root = &root;

    all.c = DEEP;
    return &all;
}

const char *hex(xdrproc_t routine, void *value)
{
    static char bytes[8192];
    static char text[2 * sizeof bytes + 1];
    XDR xdr;

    xdrmem_create(&xdr, bytes, sizeof bytes, XDR_ENCODE);
    if (!routine(&xdr, value)) {
        fprintf(stderr, "encoding failed\n");
        exit(1);
    }
    text[0] = 0;
    for (u_int i = 0; i < xdr_getpos(&xdr); i++) sprintf(text + 2 * i, "%02x", (unsigned char)bytes[i]);
    return text;
}
