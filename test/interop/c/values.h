/* The values that both sides send: the same as in values.ts. */
#ifndef VALUES_H
#define VALUES_H

#include "types.h"

everything *known_everything(void);
by_bool *known_union(void);
list *known_list(void);
numbers *known_numbers(void);

/* The bytes that a value is encoded as, in hexadecimal; valid until the next call. Exits where encoding fails. */
const char *hex(xdrproc_t routine, void *value);

#endif
