// The form for event loops: see blocking.mjs, line by line.
import { performance } from "node:perf_hooks";

export const send = (end, bytes) => end.send(bytes);
export const receive = (end, size) => end.receive(size);

// Where `send` or `receive` of an end yields undefined, it was done at once: then there is nothing to wait for.

export async function roundTrips(end, bytes, times) {
  for (let i = 0; i < times.length; i++) {
    const start = performance.now();
    const sent = end.send(bytes);
    if (sent !== undefined) await sent;
    const received = end.receive(bytes.length);
    if (received !== undefined) await received;
    times[i] = performance.now() - start;
  }
}

export async function echo(end, bytes, count) {
  for (let i = 0; i < count; i++) {
    const received = end.receive(bytes.length);
    if (received !== undefined) await received;
    const sent = end.send(bytes);
    if (sent !== undefined) await sent;
  }
}

export async function stream(end, pieces, count, answerSize) {
  for (let i = 0; i < count; i++) for (const piece of pieces) await end.send(piece);
  await end.receive(answerSize);
}

export async function swallow(end, pieceSize, count, answer) {
  for (let i = 0; i < count; i++) await end.receive(pieceSize);
  await end.send(answer);
}
