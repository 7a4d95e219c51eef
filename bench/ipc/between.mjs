// Ours beside C's on a machine that others use too.

/**
 * C's times before and behind ours lie no further apart than this. Where they do, the host of a virtual machine has put its cores
 * elsewhere meanwhile: within one cache a polled ring takes 0.25 µs, between two 0.9.
 */
const mostApart = 1.25;

/**
 * @param attempts where C's lie further apart, both are run again, so often at most
 * @returns ours, and the mean of C's just before it and just behind it
 */
export function between(runC, runOurs, attempts) {
  let before = runC();
  for (let attempt = 1; ; attempt++) {
    const ours = runOurs();
    const after = runC();
    const apart = Math.max(before.latencyNs / after.latencyNs, after.latencyNs / before.latencyNs);
    if (apart > mostApart && attempt === attempts && attempts > 1)
      console.error(`C's times beside ours are ${apart.toFixed(1)} times each other, in each of ${attempts} attempts`);
    if (apart <= mostApart || attempt === attempts) return { ours, c: mean([before, after]) };
    before = after;
  }
}

/** Of figures of the same names. */
export const mean = (figures) =>
  Object.fromEntries(
    Object.keys(figures[0]).map((name) => [name, figures.reduce((sum, each) => sum + each[name], 0) / figures.length]),
  );
