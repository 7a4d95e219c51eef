/** Makes an input that fails smaller, as long as it fails in the same way. */
import { performance } from "node:perf_hooks";

export type Input = string | Uint8Array;

/**
 * Leaves out one part after the other, first halves and then ever smaller ones, down to single characters or bytes.
 *
 * @param fails whether a candidate fails as the input does
 * @param budgetMs milliseconds after which it is left as it is by then
 */
export async function shrink<T extends Input>(
  input: T,
  fails: (candidate: T) => Promise<boolean>,
  budgetMs: number,
): Promise<T> {
  const end = performance.now() + budgetMs;
  let best = input;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length;) {
      if (performance.now() > end) return best;
      const candidate = without(best, at, at + size);
      if (candidate.length < best.length && (await fails(candidate))) best = candidate;
      else at += size;
    }
  }
  return best;
}

function without<T extends Input>(input: T, start: number, end: number): T;
function without(input: Input, start: number, end: number): Input {
  if (typeof input === "string") return input.slice(0, start) + input.slice(end);
  return Uint8Array.from([...input.subarray(0, start), ...input.subarray(end)]);
}
