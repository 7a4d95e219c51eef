// Nanoseconds that a function takes: the median of batches, after it is warm.
import { hrtime } from "node:process";

const BATCHES = 7;

function batch(run, count) {
  const start = hrtime.bigint();
  for (let i = 0; i < count; i++) run();
  return Number(hrtime.bigint() - start);
}

/** Runs for about so many milliseconds, and tells how often that was. */
export function warm(run, ms) {
  let count = 1;
  while (batch(run, count) < ms * 1e6) count *= 2;
}

/** @param {number} ms what all batches take, about */
export function nanoseconds(run, ms) {
  const wanted = (ms * 1e6) / BATCHES / 4;
  let count = 1;
  while (batch(run, count) < wanted) count *= 2;
  const taken = Array.from({ length: BATCHES }, () => batch(run, count) / count);
  return taken.sort((a, b) => a - b)[BATCHES >> 1];
}
