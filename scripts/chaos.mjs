#!/usr/bin/env node
// Runs the tests with faults (loss, duplication, delay, splits, corruption) again and again, each time with another seed; first,
// once, the end of 1,000 worker threads, 1,000 deaths of each side of each transport, and a million calls each way that ends of shm can run.
//
//   npm run chaos [-- --minutes 5]
//
// Ends with 1 at the first failure; the seed stands in the title of the tests: TSRPC_SEED=… npm test -- test/runtime/faults
import { parseArgs } from "node:util";
import { run } from "./lib/process.mjs";

// Worker threads that end in the middle of waits, a thousand of them.
const ends = await run("node_modules/.bin/mocha", ["dist/test/native/ends.test.js"], {
  env: { ...process.env, TSRPC_WORKERS: "1000" },
});
if (ends.code !== 0) process.exit(ends.code);

// Processes that are killed at random points.
const deaths = await run("node_modules/.bin/mocha", ["dist/test/runtime/death.test.js"], {
  env: { ...process.env, TSRPC_DEATHS: process.env.TSRPC_DEATHS ?? "1000" },
});
if (deaths.code !== 0) process.exit(deaths.code);

// A wake-up that is lost, and what a connection costs that is idle for 10 s.
const rest = await run("node_modules/.bin/mocha", ["--timeout=1200000", "dist/test/runtime/shm-rest.test.js"], {
  env: { ...process.env, TSRPC_SHM_CALLS: process.env.TSRPC_SHM_CALLS ?? "1000000", TSRPC_SHM_IDLE_MS: "10000" },
});
if (rest.code !== 0) process.exit(rest.code);

const { values } = parseArgs({ options: { minutes: { type: "string", default: "5" } } });
const end = Date.now() + Number(values.minutes) * 60_000;
let rounds = 0;
do {
  const env = { ...process.env, TSRPC_SEED: String(Math.floor(Math.random() * 2 ** 32)) };
  const { code } = await run("node_modules/.bin/mocha", ["dist/test/runtime/faults/*.test.js"], { env });
  if (code !== 0) process.exit(code);
  rounds += 1;
} while (Date.now() < end);
console.log(`${rounds} rounds, each with a seed of its own: no failure`);
