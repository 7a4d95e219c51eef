// What the bench measures, and what it is held against.

/** One core: both processes on CPU 0; two cores: one on each. */
export const placements = [
  { name: "one core", cpus: [0, 0] },
  { name: "two cores", cpus: [0, 1] },
];

/**
 * `c`: the mechanism of primitives.c that it is held against. What lies in shared memory is held against the barest that C
 * has there: one slot that is full or empty, a futex (or looking) to hand it over.
 */
export const mechanisms = [
  { name: "pipe", c: "pipe" },
  { name: "unix-dgram", c: "unix-dgram" },
  { name: "unix-seqpacket", c: "unix-seqpacket" },
  { name: "sysv-queue", c: "sysv-queue", piece: 8192 },
  { name: "posix-queue", c: "posix-queue", piece: 8192 },
  { name: "sysv-semaphore", c: "sysv-semaphore" },
  { name: "posix-semaphore", c: "posix-semaphore" },
  { name: "futex", c: "futex" },
  { name: "eventfd", c: "eventfd" },
  { name: "ring", c: "futex" },
  // Looking without a pause takes the core from the other end: two cores only.
  { name: "ring-polled", c: "ring-polled", onlyAcross: true },
  { name: "mailbox", c: "futex", needs: "Mailbox" },
];

/** Both forms of ours: the ends wait in calls that block, or in event loops. */
export const forms = ["blocking", "loops"];

/** What the project promises, as ours over C's time; `undefined` where it promises nothing. */
export function goal(mechanism, placement, form) {
  if (mechanism === "ring-polled") return form === "loops" ? 1.5 : undefined;
  if (form === "loops") return 3;
  return placement === "one core" ? 1.3 : undefined;
}

/** A polled ring waits for nothing but the other core's cache, and where that is tells more than all else. */
export const attempts = (mechanism) => (mechanism === "ring-polled" ? 10 : 1);

/** Round trips and messages of one run. Waking a second core takes 35 microseconds each way: fewer there. */
export function counts(mechanism, placement) {
  if (mechanism === "ring-polled") return { latency: 50_000, bandwidth: 4000 };
  return placement === "one core" ? { latency: 5000, bandwidth: 1000 } : { latency: 2000, bandwidth: 1000 };
}
