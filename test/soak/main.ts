/**
 * Lets clients come and go for a while, over tcp, udp and local, with errors, aborts and timeouts, and uses each kind of the
 * kernel's IPC; and says whether anything has grown: memory, handles, threads, descriptors, calls that wait, connections of
 * the server.
 *
 *     npm run soak -- [--minutes N] [--only rpc|ipc]
 *
 * `--minutes`: default 10; a fraction will do. Exits 1 where something has grown.
 */
import { parseArgs } from "node:util";
import { type Figures, figures, grown, show } from "./figures.ts";
import { IpcTraffic, whyNoIpc } from "./ipc.ts";
import { Traffic } from "./traffic.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, only: { type: "string" } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new RangeError(`--minutes ${values.minutes}: not a number`);

/** Rounds before the first look: what is made once (code, pools, caches that fill up to their bound) is there by then. */
const WARM_UP_SHARE = 0.2;

const { only } = values;
if (only !== undefined && only !== "rpc" && only !== "ipc") throw new RangeError(`--only ${only}: neither rpc nor ipc`);
const whyNot = only === "rpc" ? "only rpc" : whyNoIpc();
if (whyNot !== undefined) console.log(`no ipc: ${whyNot}`);

await using traffic = await Traffic.start();
using ipc = whyNot === undefined ? new IpcTraffic() : undefined;
async function round(): Promise<void> {
  if (only !== "ipc") await traffic.round();
  // A round of the other takes longer.
  for (let i = 0; i < 10; i++) await ipc?.round();
}
const end = performance.now() + minutes * 60_000;
const warm = performance.now() + minutes * 60_000 * WARM_UP_SHARE;
while (performance.now() < warm) await round();
const first: Figures = await figures(traffic);
console.log(show("at start", first));
while (performance.now() < end) await round();
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
