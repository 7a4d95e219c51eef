// The form for event loops: see blocking.mjs, line by line.
import { performance } from "node:perf_hooks";

export const send = (end, bytes) => end.send(bytes);
export const receive = (end, size) => end.receive(size);

export async function roundTrips(end, bytes, times) {
  for (let i = 0; i < times.length; i++) {
    const start = performance.now();
    await end.send(bytes);
    await end.receive(bytes.length);
    times[i] = performance.now() - start;
  }
}

export async function echo(end, bytes, count) {
  for (let i = 0; i < count; i++) {
    await end.receive(bytes.length);
    await end.send(bytes);
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
