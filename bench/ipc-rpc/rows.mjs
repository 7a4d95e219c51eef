// What is measured, and what it is held against.

export const KIB = 1024;
export const MIB = 1024 * 1024;
/** Calls under way at a time, of one client; of C, whose clients wait for each, so many processes. */
export const OUTSTANDING = 64;
export const C_CLIENTS = 8;
/** Transports whose messages are shorter than a MiB. */
export const SHORT = new Set(["udp", "local-dgram"]);

/** Milliseconds of each measurement; behind the first ones the compiler has done its work. */
export const durations = {
  null: { warmMs: 700, ms: 700 },
  kib: { warmMs: 300, ms: 500 },
  load: { warmMs: 400, ms: 800 },
  mib: { warmMs: 300, ms: 700 },
};
/** How long a connection is left alone. */
export const IDLE_MS = 10_000;

/** One core: both processes on CPU 0; two cores: one on each; free: where the system puts them. */
export const placements = [
  { name: "one core", client: 0, server: 0 },
  { name: "two cores", client: 0, server: 1 },
  { name: "unpinned", client: undefined, server: undefined },
];

/** The first one is what the others are held against. `client`: C's, or ours in event loops, or blocking. `server`: C's, or ours. */
export const rows = [
  { name: "libtirpc, local", transport: "local", client: "C", server: "C" },
  { name: "shm", transport: "shm", client: "loops", server: "ours" },
  { name: "shm, blocking", transport: "shm", client: "blocking", server: "ours" },
  { name: "local", transport: "local", client: "loops", server: "ours" },
  { name: "local, blocking", transport: "local", client: "blocking", server: "ours" },
  { name: "local, C's client", transport: "local", client: "C", server: "ours" },
  { name: "local, blocking, C's server", transport: "local", client: "blocking", server: "C" },
  { name: "local-dgram", transport: "local-dgram", client: "loops", server: "ours" },
  { name: "pipe", transport: "pipe", client: "loops", server: "ours" },
  { name: "fifo", transport: "fifo", client: "loops", server: "ours" },
  { name: "sysvmq", transport: "sysvmq", client: "loops", server: "ours" },
  { name: "libtirpc, tcp", transport: "tcp", client: "C", server: "C" },
  { name: "tcp", transport: "tcp", client: "loops", server: "ours" },
  { name: "tcp, blocking", transport: "tcp", client: "blocking", server: "ours" },
  { name: "libtirpc, udp", transport: "udp", client: "C", server: "C" },
  { name: "udp", transport: "udp", client: "loops", server: "ours" },
  { name: "udp, blocking", transport: "udp", client: "blocking", server: "ours" },
];
export const REFERENCE = rows[0].name;

/**
 * What the project promises: the figure of a row at a placement over another one, at most or at least so much. `at: "least"` is of rates.
 */
export const goals = [
  { what: "null call, p50", figure: "null.p50", row: "shm", on: "two cores", over: [REFERENCE, "two cores"], most: 1 / 10 },
  { what: "null call, p50", figure: "null.p50", row: "shm", on: "two cores", over: [REFERENCE, "one core"], most: 1 },
  { what: "null call, p50", figure: "null.p50", row: "shm, blocking", on: "two cores", over: [REFERENCE, "two cores"], most: 1 / 20 },
  { what: "calls a second", figure: "load", row: "shm", on: "two cores", over: [REFERENCE, "two cores"], least: 5 },
  { what: "calls a second", figure: "load", row: "shm", on: "unpinned", over: [REFERENCE, "unpinned"], least: 5 },
  { what: "1 MiB echo, p50", figure: "mib.p50", row: "shm", on: "two cores", over: [REFERENCE, "two cores"], most: 1 / 2 },
  { what: "1 MiB echo, p50", figure: "mib.p50", row: "shm", on: "one core", over: [REFERENCE, "one core"], most: 1 / 2 },
  { what: "1 MiB echo, p50", figure: "mib.p50", row: "shm", on: "unpinned", over: [REFERENCE, "unpinned"], most: 1 / 2 },
  { what: "null call, p50", figure: "null.p50", row: "shm", on: "one core", over: ["local", "one core"], most: 1 },
]; // prettier-ignore
