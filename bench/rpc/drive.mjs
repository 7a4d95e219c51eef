// Keeps calls going, for the clients written in JavaScript, and measures what comes of it.
import { performance } from "node:perf_hooks";

/** Until the compiler has done its work, which shares the core. */
export const WARM_UP_MS = 600;
/** Of so many calls one is timed: looking at the clock costs, too. */
const TIMED_ONE_OF = 16;

/**
 * @param {readonly (() => Promise<unknown>)[]} calls one for each connection
 * @param {number} outstanding on each connection
 * @returns calls a second, how long one took, how much of the processor one took here, and all calls that were made
 */
export async function drive(calls, outstanding, seconds) {
  const times = [];
  const step = calls.length * outstanding === 1 ? 1 : TIMED_ONE_OF;
  let [isMeasured, isOver, count] = [false, false, 0];
  const keepCalling = async (call) => {
    for (let n = 0; !isOver; n++) {
      if (n % step !== 0) await call();
      else {
        const start = performance.now();
        await call();
        if (isMeasured) times.push(performance.now() - start);
      }
      count++;
    }
  };
  const all = Promise.all(calls.flatMap((call) => Array.from({ length: outstanding }, () => keepCalling(call))));
  await Promise.race([all, after(WARM_UP_MS)]);
  const [start, before, cpuBefore] = [performance.now(), count, process.cpuUsage()];
  isMeasured = true;
  await Promise.race([all, after(seconds * 1000)]);
  const [measured, { user, system }] = [count - before, process.cpuUsage(cpuBefore)];
  const perSecond = measured / ((performance.now() - start) / 1000);
  isOver = true;
  await all;
  return { perSecond, ...percentiles(Float64Array.from(times)), cpuUs: (user + system) / measured, calls: count };
}

export function percentiles(times) {
  times.sort();
  const at = (part) => (times[Math.floor(times.length * part)] ?? 0) * 1000;
  return { p50Us: at(0.5), p99Us: at(0.99) };
}

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
