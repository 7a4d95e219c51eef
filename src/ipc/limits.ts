/**
 * The bounds of tsrpcgen/ipc: docs/limits.md, which a test compares with them.
 * @module
 */

/** Milliseconds that a wait can be bounded by. As setTimeout's: a longer time would pass at once there. */
export const MAX_WAIT_MS = 2_147_483_647;

/** Results of one handle that are there at once, until the loop gets its turn: who awaits in a loop must not keep others from theirs. */
export const MAX_RESULTS_AT_ONCE = 32;

/** Microseconds that a wait looks for its result, giving way to others, before it has the kernel tell it. Waking another processor takes as long. */
export const MAX_LOOK_US = 50;

/** Microseconds after which a look that has found its result is still one that helped: others had the processor meanwhile. Less than the share that the kernel gives them where they have more to do than to answer. */
export const MAX_LOOK_AWAY_US = 250;

/** Waits that look in one turn of the event loop, which they hold up: those beyond look in the next. */
export const MAX_LOOKS_AT_ONCE = 32;

/** Waits of a handle, at most, that do not look after one that has looked in vain: 1, then 2, 4 and so on. */
export const MAX_WAITS_WITHOUT_LOOK = 1024;

/** Bytes that a pipe takes in one piece, not mixed with those of other writers (POSIX: at least 512; Linux: 4096). */
export const PIPE_BUF = 4096;

/** Bytes that a read of a pipe or a receive of a UNIX socket takes, unless told otherwise: what a pipe of Linux holds. */
export const DEFAULT_READ_BYTES = 65_536;

/** Descriptors that one message can carry (Linux's SCM_MAX_FD). */
export const MAX_DESCRIPTORS = 253;

/** Connections that wait to be accepted by a UNIX socket, unless told otherwise. */
export const DEFAULT_BACKLOG = 128;

/** Datagrams that one call receives or sends at most (Linux's UIO_MAXIOV). */
export const MAX_DATAGRAMS = 1024;

/** Datagrams that one call receives, unless told otherwise. */
export const DEFAULT_DATAGRAMS = 64;

/** Bytes of the longest datagram there is. */
export const MAX_DATAGRAM_BYTES = 65_535;

/** Bytes that a receive of a System V queue takes, unless told otherwise: Linux's default for the longest message (/proc/sys/kernel/msgmax). */
export const DEFAULT_SYSV_MESSAGE_BYTES = 8192;

/** Operations on semaphores at once. More than any kernel takes (Linux: 500, the third of /proc/sys/kernel/sem), and few enough to be arguments. */
export const MAX_SEMAPHORE_OPERATIONS = 32_767;

/** Messages that a new POSIX queue holds, unless told otherwise: Linux's default (/proc/sys/fs/mqueue/msg_default). */
export const DEFAULT_POSIX_MESSAGES = 10;

/** Bytes of a message in it (/proc/sys/fs/mqueue/msgsize_default). */
export const DEFAULT_POSIX_MESSAGE_BYTES = 8192;

/** The highest priority of a message (`MQ_PRIO_MAX` - 1). */
export const MAX_POSIX_PRIORITY = 32_767;

/** Bytes that a mailbox holds, unless told otherwise. */
export const DEFAULT_MAILBOX_BYTES = 65_536;

/** Bytes of the longest message, where a mailbox's capacity does not say it: what a System V queue takes. */
export const DEFAULT_MAILBOX_MESSAGE_BYTES = 8192;

/** Bytes at which an unbounded mailbox is full all the same, unless told otherwise. */
export const DEFAULT_MAILBOX_MAX_BYTES = 1_073_741_824;
