// Shared memory as primitives.c uses it: one slot for each direction (0 from A to B, 1 back), and four objects or words
// that tell of it: of direction d, number 2d that it is full and 2d + 1 that it is empty.
import { futexWait, futexWaitSync, futexWake } from "../../dist/src/ipc/index.js";

const SLOT_BYTES = 65_536;
const WORDS_BYTES = 4096;
export const SLOTS_BYTES = WORDS_BYTES + 2 * SLOT_BYTES;

/** What a message is received into. */
const space = new Uint8Array(SLOT_BYTES);

function slot(mapping, direction) {
  const bytes = mapping.bytes.subarray(WORDS_BYTES + direction * SLOT_BYTES).subarray(0, SLOT_BYTES);
  // As much of it as the last message took: C has no view to make.
  let taken = bytes;
  return {
    put: (message) => bytes.set(message),
    take(size) {
      if (taken.length !== size) taken = bytes.subarray(0, size);
      space.set(taken);
    },
  };
}

/** An end over P and V of the four. `role`: 0 for A, 1 for B. */
function semaphoreEnd(mapping, role, { p, pSync, v }) {
  const [out, back] = [slot(mapping, role), slot(mapping, 1 - role)];
  const [outFull, outEmpty] = [2 * role, 2 * role + 1];
  const [backFull, backEmpty] = [2 * (1 - role), 2 * (1 - role) + 1];
  return {
    async send(message) {
      await p(outEmpty);
      out.put(message);
      v(outFull);
    },
    sendSync(message) {
      pSync(outEmpty);
      out.put(message);
      v(outFull);
    },
    async receive(size) {
      await p(backFull);
      back.take(size);
      v(backEmpty);
    },
    receiveSync(size) {
      pSync(backFull);
      back.take(size);
      v(backEmpty);
    },
  };
}

export function sysvSemaphoreEnd(mapping, set, role) {
  return semaphoreEnd(mapping, role, { p: (i) => set.p(i), pSync: (i) => set.pSync(i), v: (i) => set.v(i) });
}

export function posixSemaphoreEnd(mapping, semaphores, role) {
  return semaphoreEnd(mapping, role, {
    p: (i) => semaphores[i].wait(),
    pSync: (i) => semaphores[i].waitSync(),
    v: (i) => semaphores[i].post(),
  });
}

export function eventfdEnd(mapping, events, role) {
  return semaphoreEnd(mapping, role, {
    p: (i) => events[i].take(),
    pSync: (i) => events[i].takeSync(),
    v: (i) => events[i].addSync(),
  });
}

/** A word for each direction: 1 while the slot is full. */
export function futexEnd(mapping, role) {
  const words = new Int32Array(mapping.buffer, 0, WORDS_BYTES / 4);
  // Each on a cache line of its own.
  const [outWord, backWord] = [16 * role, 16 * (1 - role)];
  const [out, back] = [slot(mapping, role), slot(mapping, 1 - role)];
  const hand = (word, value) => {
    Atomics.store(words, word, value);
    futexWake(mapping, 4 * word);
  };
  const until = async (word, value) => {
    while (Atomics.load(words, word) !== value) await futexWait(mapping, 4 * word, 1 - value);
  };
  const untilSync = (word, value) => {
    while (Atomics.load(words, word) !== value) futexWaitSync(mapping, 4 * word, 1 - value);
  };
  return {
    async send(message) {
      await until(outWord, 0);
      out.put(message);
      hand(outWord, 1);
    },
    sendSync(message) {
      untilSync(outWord, 0);
      out.put(message);
      hand(outWord, 1);
    },
    async receive(size) {
      await until(backWord, 1);
      back.take(size);
      hand(backWord, 0);
    },
    receiveSync(size) {
      untilSync(backWord, 1);
      back.take(size);
      hand(backWord, 0);
    },
  };
}
