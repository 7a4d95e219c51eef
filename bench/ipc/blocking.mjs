// The blocking form: what C's two processes do.
import { performance } from "node:perf_hooks";

export const send = (end, bytes) => end.sendSync(bytes);
export const receive = (end, size) => end.receiveSync(size);

/** A: sends and waits for the answer, as often as `times` is long; milliseconds of each. */
export function roundTrips(end, bytes, times) {
  for (let i = 0; i < times.length; i++) {
    const start = performance.now();
    end.sendSync(bytes);
    end.receiveSync(bytes.length);
    times[i] = performance.now() - start;
  }
}

/** B. */
export function echo(end, bytes, count) {
  for (let i = 0; i < count; i++) {
    end.receiveSync(bytes.length);
    end.sendSync(bytes);
  }
}

/** A: sends the pieces `count` times, and waits for one answer. */
export function stream(end, pieces, count, answerSize) {
  for (let i = 0; i < count; i++) for (const piece of pieces) end.sendSync(piece);
  end.receiveSync(answerSize);
}

/** B: takes `count` pieces, and answers once. */
export function swallow(end, pieceSize, count, answer) {
  for (let i = 0; i < count; i++) end.receiveSync(pieceSize);
  end.sendSync(answer);
}
