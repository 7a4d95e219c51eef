#!/usr/bin/env node
// Runs the tests with faults (loss, duplication, delay, splits, corruption) again and again, each time with another seed; first,
// once, the end of 1,000 worker threads, 1,000 deaths of each side of each transport, and a million calls each way that ends of shm can run.
//
//   npm run chaos [-- --only deaths,rest] [-- --deaths 1000] [-- --workers 1000] [-- --calls 1000000] [-- --minutes 5]
//
// --only: some of `workers`, `deaths`, `rest` (of shm's ends) and `faults`. --deaths: of each side of each transport. --workers: that
// end in the middle of waits. --calls: of each kind over shm. --minutes: of faults; a fraction will do.
// Ends with 1 at the first failure; the seed stands in the title of the tests: TSRPC_SEED=… npm test -- test/runtime/faults
import { parseArgs } from "node:util";
import { run } from "./lib/process.mjs";

const PARTS = ["workers", "deaths", "rest", "faults"];
const { values } = parseArgs({
  options: {
    only: { type: "string", default: PARTS.join() },
    deaths: { type: "string", default: process.env.TSRPC_DEATHS ?? "1000" },
    workers: { type: "string", default: "1000" },
    calls: { type: "string", default: process.env.TSRPC_SHM_CALLS ?? "1000000" },
    minutes: { type: "string", default: "5" },
  },
});
const only = values.only.split(",");
const unknown = only.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new RangeError(`--only ${unknown}: one of ${PARTS.join(", ")}`);
for (const name of ["deaths", "workers", "calls", "minutes"])
  if (!(Number(values[name]) > 0)) throw new RangeError(`--${name} ${values[name]}: not a number above 0`);

/** Runs tests, and ends with their code where they fail. */
async function mocha(args, env) {
  const { code } = await run("node_modules/.bin/mocha", args, { env: { ...process.env, ...env } });
  if (code !== 0) process.exit(code);
}

// Worker threads that end in the middle of waits.
if (only.includes("workers")) await mocha(["dist/test/native/ends.test.js"], { TSRPC_WORKERS: values.workers });

// Processes that are killed at random points.
if (only.includes("deaths"))
  await mocha(["dist/test/runtime/death.test.js", "dist/test/runtime/sync/shm.test.js"], {
    TSRPC_DEATHS: values.deaths,
  });

// A wake-up that is lost, and what a connection costs that is idle for 10 s.
if (only.includes("rest"))
  await mocha(["--timeout=1200000", "dist/test/runtime/shm-rest.test.js"], {
    TSRPC_SHM_CALLS: values.calls,
    TSRPC_SHM_IDLE_MS: "10000",
  });

if (only.includes("faults")) {
  const end = Date.now() + Number(values.minutes) * 60_000;
  let rounds = 0;
  do {
    await mocha(["dist/test/runtime/faults/*.test.js"], { TSRPC_SEED: String(Math.floor(Math.random() * 2 ** 32)) });
    rounds += 1;
  } while (Date.now() < end);
  console.log(`${rounds} rounds, each with a seed of its own: no failure`);
}
