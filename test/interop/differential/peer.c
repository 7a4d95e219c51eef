/*
 * Answers requests on standard input until it ends. All numbers are 32 bits, big-endian:
 * a request is an entry's index, two lengths, and the bytes; an answer is a status, two lengths, and the bytes.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_read(void *into, size_t length)
{
    if (length > 0 && fread(into, length, 1, stdin) != 1) exit(feof(stdin) ? 0 : 1);
}

static u_int read_number(void)
{
    uint32_t number;

    must_read(&number, sizeof number);
    return ntohl(number);
}

static void write_number(u_int number)
{
    uint32_t big_endian = htonl(number);

    fwrite(&big_endian, sizeof big_endian, 1, stdout);
}

/* A value in C's structures, and its bytes at an address of the given remainder by four. */
static enum status decode_and_encode(const struct entry *entry, struct bytes in, u_int remainder, struct bytes *out)
{
    char *copy = malloc(in.length + 8);
    char *from = copy + remainder;
    char *into = out->at + remainder;
    void *value = calloc(1, entry->size + 1);
    enum status status = DONE;
    XDR xdrs;

    memcpy(from, in.at, in.length);
    xdrmem_create(&xdrs, from, in.length, XDR_DECODE);
    if (!entry->routine(&xdrs, value)) status = NOT_DECODED;
    else if (xdr_getpos(&xdrs) != in.length) status = TRAILING_BYTES;
    /* Nothing that the structures share with the input outlives this, and no byte of the output is right by chance. */
    memset(from, 0x5a, in.length);
    memset(into, 0xa5, in.length + 8);
    if (status == DONE) {
        xdrmem_create(&xdrs, into, MAX_BYTES, XDR_ENCODE);
        if (!entry->routine(&xdrs, value)) status = NOT_ENCODED;
        out->length = xdr_getpos(&xdrs);
        if (status == DONE && xdr_sizeof(entry->routine, value) != out->length) status = SIZES_DIFFER;
    }
    xdr_free(entry->routine, value);
    free(value);
    free(copy);
    return status;
}

enum status through_structures(const struct entry *entry, struct bytes in, struct bytes *out)
{
    static char other[MAX_BYTES + 8];
    struct bytes unaligned = {other, 0};
    enum status status = decode_and_encode(entry, in, 0, out);

    if (status != DONE) return status;
    /* xdrmem has no in-line access at an odd address: the routines take their other branch. */
    status = decode_and_encode(entry, in, 1, &unaligned);
    if (status != DONE) return status;
    if (unaligned.length != out->length || memcmp(other + 1, out->at, out->length) != 0) return ALIGNMENTS_DIFFER;
    return DONE;
}

int main(void)
{
    static char input[2 * MAX_BYTES], first_out[MAX_BYTES + 8], second_out[MAX_BYTES + 8];

    for (;;) {
        u_int index = read_number();
        struct bytes first = {input, read_number()};
        struct bytes second = {input + MAX_BYTES, read_number()};
        struct bytes a = {first_out, 0}, b = {second_out, 0};
        enum status status = NO_SUCH_ENTRY;

        if (first.length > MAX_BYTES || second.length > MAX_BYTES) return 1;
        must_read(first.at, first.length);
        must_read(second.at, second.length);
        if (index < entry_count) {
            const struct entry *entry = &entries[index];
            status = entry->routine != NULL ? through_structures(entry, first, &a)
                                            : through_stub_and_skeleton(entry, first, second, &a, &b);
        }
        write_number(status);
        write_number(a.length);
        write_number(b.length);
        fwrite(a.at, 1, a.length, stdout);
        fwrite(b.at, 1, b.length, stdout);
        fflush(stdout);
    }
}
