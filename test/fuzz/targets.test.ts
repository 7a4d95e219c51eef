import { loadTarget, targetModules } from "./list.ts";
import { runTarget } from "./harness.ts";

/** Few, and always the same: `npm run fuzz` tries many. */
const ITERATIONS: ReadonlyMap<string, number> = new Map([
  ["codegen", 60],
  ["ipc", 3],
  ["portmapper", 300],
  ["rpc", 200],
  ["xdr", 1000],
]);

describe("fuzzing, a little of it:", function () {
  // Other work on the machine is no failure.
  this.timeout(60_000);

  for (const [name, module] of targetModules) {
    it(name, async () => {
      // Endless input has a run of its own; here it is only to be noticed.
      await runTarget(await loadTarget(module), {
        seed: 1,
        until: { iterations: ITERATIONS.get(name) ?? 50 },
        slack: 10,
      });
    });
  }
});
