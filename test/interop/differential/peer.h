/* What a table of types and procedures is made of; the table itself is written by peer-source.ts. */
#ifndef PEER_H
#define PEER_H

#include <rpc/rpc.h>

/* How a request ended. peer.ts has the same numbers. */
enum status {
    DONE,
    NOT_DECODED,
    TRAILING_BYTES,
    NOT_ENCODED,
    SIZES_DIFFER,
    ALIGNMENTS_DIFFER,
    ARGUMENTS_NOT_DECODED,
    ARGUMENTS_NOT_ENCODED,
    RESULT_NOT_DECODED,
    RESULT_NOT_ENCODED,
    NO_REPLY,
    NO_SUCH_ENTRY
};

struct bytes {
    char *at;
    u_int length;
};

/* A type has a routine; a procedure has the dispatcher of its program's version. */
struct entry {
    xdrproc_t routine;
    size_t size;
    void (*dispatch)(struct svc_req *, SVCXPRT *);
    rpcproc_t procedure;
};

extern const struct entry entries[];
extern const u_int entry_count;

/* Bytes that an answer may take, and any value in C's memory as one piece. */
#define MAX_BYTES (1 << 20)

/* Decodes `in` into C's structures, spoils it, and encodes from the structures into `out`, which has room for MAX_BYTES. */
enum status through_structures(const struct entry *entry, struct bytes in, struct bytes *out);

/*
 * Hands `arguments` to the server skeleton, whose handler calls the client stub with the values that it got. `sent` is
 * what the stub sends; `result` is what it receives; and `replied` is what the skeleton sends of the value that the stub
 * returned. Both outputs have room for MAX_BYTES.
 */
enum status through_stub_and_skeleton(const struct entry *entry, struct bytes arguments, struct bytes result,
                                      struct bytes *sent, struct bytes *replied);

/* What the handlers call the stubs with. */
extern CLIENT *const proxy;

#endif
