/** What this process holds, once what is garbage has been collected. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes of objects and buffers that are alive. */
export function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The same after a few turns of the loop, so that what ends with sockets that were closed has ended. */
export async function settledBytes(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    least = Math.min(least, heldBytes());
  }
  return least;
}
