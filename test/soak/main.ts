/**
 * Lets clients come and go for a while, over tcp, udp and local, with errors, aborts and timeouts, and uses each kind of the
 * kernel's IPC; and says whether anything has grown: memory, handles, threads, descriptors, calls that wait, connections of
 * the server.
 *
 *     npm run soak -- [--minutes N] [--only rpc|ipc]
 *     npm run soak -- --operations 10000000 [--kinds pipe,ring]
 *     npm run soak -- --only shm [--calls N]
 *
 * `--minutes`: default 10; a fraction will do; with `--operations` it means nothing. `--operations`: until there were so many
 * of each kind of ipc, however long that takes, and nothing else; a look at each tenth. No default. `--kinds`: of these kinds of
 * ipc alone, so that several processes can share the work. Default all. `--calls`: over shm, both
 * ends in this process; default 10 million. Exits 1 where something has grown.
 */
import { parseArgs } from "node:util";
import { type Figures, figures, grown, show } from "./figures.ts";
import { IpcTraffic, whyNoIpc } from "./ipc.ts";
import { soakShm } from "./shm.ts";
import { Traffic } from "./traffic.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    only: { type: "string" },
    operations: { type: "string" },
    kinds: { type: "string" },
    calls: { type: "string", default: "10000000" },
  },
});
if (values.only === "shm") {
  const calls = Number(values.calls);
  if (!(calls > 0)) throw new RangeError(`--calls ${values.calls}: not a number`);
  const whyNoShm = whyNoIpc();
  if (whyNoShm !== undefined) throw new Error(whyNoShm);
  const faults = await soakShm(calls);
  for (const fault of faults) console.log(`✖ ${fault}`);
  if (faults.length === 0) console.log("✔ nothing has grown");
  process.exit(faults.length === 0 ? 0 : 1);
}
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError(`--minutes ${values.minutes}: not a number`);

/** Rounds before the first look: what is made once (code, pools, caches that fill up to their bound) is there by then. */
const WARM_UP_SHARE = 0.2;

const operations = values.operations === undefined ? undefined : Number(values.operations);
if (operations !== undefined && !(operations > 0))
  throw new RangeError(`--operations ${String(values.operations)}: not a number`);

const only = operations === undefined ? values.only : "ipc";
if (only !== undefined && only !== "rpc" && only !== "ipc")
  throw new RangeError(`--only ${only}: neither rpc, ipc nor shm`);
const whyNot = only === "rpc" ? "only rpc" : whyNoIpc();
if (whyNot !== undefined) console.log(`no ipc: ${whyNot}`);

await using traffic = await Traffic.start();
using ipc = whyNot === undefined ? new IpcTraffic(values.kinds?.split(",")) : undefined;
async function round(): Promise<void> {
  if (only !== "ipc") await traffic.round();
  // A round of the other takes longer.
  for (let i = 0; i < 10; i++) await ipc?.round();
}
/** Goes on for a share of the whole, from 0 to 1, looking at nothing. */
const begin = performance.now();
async function until(share: number): Promise<void> {
  if (operations === undefined) while (performance.now() < begin + share * minutes * 60_000) await round();
  else await ipc?.until(share * operations);
}
await until(WARM_UP_SHARE);
const first: Figures = await figures(traffic);
console.log(show("at start", first));
if (operations !== undefined) {
  for (let tenth = 3; tenth < 10; tenth += 1) {
    await until(tenth / 10);
    console.log(show(`at ${String(tenth)} tenths`, await figures(traffic)));
  }
}
await until(1);
const last: Figures = await figures(traffic);
console.log(show("at end", last));
const { calls, rounds, outcomes } = traffic;
const told = [...outcomes].sort().map(([outcome, count]) => `${outcome} ${count}`);
console.log(`${rounds} rounds, ${calls} calls: ${told.join(", ")}`);
const kinds = [...(ipc?.operations ?? [])].map(([kind, count]) => `${kind} ${count}`);
if (kinds.length > 0) console.log(`operations of ipc: ${kinds.join(", ")}`);
const faults = [...grown(first, last), ...(only === "ipc" ? [] : traffic.missing())];
for (const fault of faults) console.log(`✖ ${fault}`);
if (faults.length === 0) console.log("✔ nothing has grown");
process.exitCode = faults.length === 0 ? 0 : 1;
