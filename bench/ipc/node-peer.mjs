// Ours of the bench: two Node processes, A and B, over one mechanism.
//
//   node node-peer.mjs A MECHANISM blocking|loops TRIPS MESSAGES PIECE CPU_B
//
// A starts B, warms up, and prints { latencyNs, bytesPerSecond }: the median of TRIPS round trips of 64 bytes, and what
// MESSAGES of 64 KiB, in pieces of PIECE bytes, took with one answer at the end, as primitives.c has it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { channels, removeRemains } from "./channels.mjs";

const LARGE = 65_536;
const small = new Uint8Array(64);
const large = new Uint8Array(LARGE);
/** Until the functions are compiled. */
const warmTrips = 3000;
const warmMessages = 100;

const [role, mechanism, form, trips, messages, piece, more] = process.argv.slice(2);
const plan = { trips: Number(trips), messages: Number(messages), piece: Number(piece) };
const pieces = Array.from({ length: LARGE / plan.piece }, (_, i) =>
  large.subarray(i * plan.piece, (i + 1) * plan.piece),
);

/** One form's verbs; each runs to its end, or gives a promise of it. */
const verbs = form === "blocking" ? await import("./blocking.mjs") : await import("./loops.mjs");

if (role === "A") await runA();
else await runB();

async function runA() {
  const { end, handles = [], shared = [], word = null, names, remains } = channels[mechanism].create();
  // Whoever kills this process removes what it leaves.
  if (remains !== undefined) writeSync(1, `${JSON.stringify({ remains })}\n`);
  const b = startB(handles, shared, word);
  try {
    await verbs.receive(end, small.length); // B is there
    names?.();
    await verbs.roundTrips(end, small, new Float64Array(warmTrips));
    const times = new Float64Array(plan.trips);
    await verbs.roundTrips(end, small, times);
    await verbs.stream(end, pieces, warmMessages, small.length);
    const start = performance.now();
    await verbs.stream(end, pieces, plan.messages, small.length);
    const seconds = (performance.now() - start) / 1000;
    times.sort();
    const figures = { latencyNs: times[plan.trips >> 1] * 1e6, bytesPerSecond: (plan.messages * LARGE) / seconds };
    const [code] = b.exitCode === null ? await once(b, "exit") : [b.exitCode];
    if (code !== 0) throw new Error(`B ended with ${code}`);
    writeSync(1, `${JSON.stringify(figures)}\n`);
  } finally {
    if (remains !== undefined) removeRemains(remains);
  }
  // What waits in the loop no more keeps the process alive, but a thread's end is not this bench's.
  process.exit(0);
}

async function runB() {
  const end = channels[mechanism].join(JSON.parse(more));
  await verbs.send(end, small);
  await verbs.echo(end, small, warmTrips + plan.trips);
  for (const count of [warmMessages, plan.messages]) await verbs.swallow(end, plan.piece, count * pieces.length, small);
  process.exit(0);
}

function startB(handles, shared, word) {
  const script = fileURLToPath(import.meta.url);
  const args = [
    "-c",
    more,
    process.execPath,
    script,
    "B",
    mechanism,
    form,
    trips,
    messages,
    piece,
    JSON.stringify(word),
  ];
  const b = spawn("taskset", args, { stdio: ["ignore", "inherit", "inherit", ...handles.map(({ fd }) => fd)] });
  // B has its own now. Of a pipe or socket whose other end ends, a receive tells.
  for (const handle of handles) if (!shared.includes(handle)) handle.close();
  return b;
}
