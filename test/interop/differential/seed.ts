/** Where the random values of the differential tests begin. */
import { randomInt } from "node:crypto";
import type fc from "fast-check";

/**
 * `TSRPC_SEED`: a whole number; the same one gives the same values. Without it each run has its own. It stands in the
 * titles of the suites, and in what fast-check says of a failure.
 */
export const SEED: number = fromEnvironment("TSRPC_SEED") ?? randomInt(2 ** 31);

/** Values for each type or procedure. `TSRPC_RUNS` gives another number, for longer searches. */
export function runs(usual: number): fc.Parameters<unknown> {
  return { seed: SEED, numRuns: fromEnvironment("TSRPC_RUNS") ?? usual };
}

function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Error(`${name} is ${text}, not a whole number`);
  return number;
}
