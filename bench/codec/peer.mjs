// A peer in a process of its own: it checks that it reads what it wrote, then answers each line "WORKLOAD encode|decode MS"
// with the nanoseconds that one takes.
//
//   peer.mjs PEER FOLDER        FOLDER: the generated modules, and the bytes that each workload has in XDR
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { nanoseconds, warm } from "./timing.mjs";
import { workloads } from "./values.mjs";

const WARM_MS = 40;

const [peer, folder] = process.argv.slice(2);
const { load } = await import(`./peers/${peer.split(":")[0]}.mjs`);
const peers = new Map();
const loaded = await load({ folder, variant: peer.split(":")[1] });
for (const workload of workloads) {
  const made = loaded(workload);
  if (made === undefined) continue;
  made.check(assert);
  peers.set(workload, made);
}
// All before any is timed: a program has more than one type.
for (const direction of ["encode", "decode"]) for (const made of peers.values()) warm(made[direction], WARM_MS);
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [workload, direction, ms] = line.split(" ");
  const run = peers.get(workload)?.[direction];
  console.log(run === undefined ? "none" : String(nanoseconds(run, Number(ms))));
}
