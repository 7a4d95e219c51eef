// Our clients. Prints what they measure, as JSON.
//
//   client.mjs loops|blocking TRANSPORT ADDRESS [SERVER_CPU]   the calls; `pipe` starts its server by itself, on that processor
//   client.mjs idle TRANSPORT ADDRESS                          calls for a moment, prints "idle", and does nothing for ever
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { connect, spawnServer } from "../../dist/src/runtime/index.js";
import { connectSync } from "../../dist/src/runtime/sync/index.js";
import { ECHO, NULL } from "./procedures.mjs";
import { KIB, MIB, OUTSTANDING, SHORT, durations } from "./rows.mjs";

const [form, transport, address, serverCpu = ""] = process.argv.slice(2);
const inet = transport === "tcp" || transport === "udp";
const to = inet ? { host: "127.0.0.1", transport, port: Number(address) } : { path: address, transport };
const MOST_CALLS = 2_000_000;
const times = new Float64Array(MOST_CALLS);

/** Nanoseconds. */
function quantiles(count) {
  const sorted = times.subarray(0, count).sort();
  const at = (part) => Math.round((sorted[Math.floor(count * part)] ?? 0) * 1e6);
  return { p50: at(0.5), p99: at(0.99) };
}

/** Calls one after the other. */
async function oneByOne(call, { warmMs, ms }) {
  for (const end = performance.now() + warmMs; performance.now() < end;) await call();
  let calls = 0;
  let begin = performance.now();
  for (const end = begin + ms; begin < end && calls < MOST_CALLS; calls++) {
    await call();
    const next = performance.now();
    times[calls] = next - begin;
    begin = next;
  }
  return quantiles(calls);
}

/** The same, with the thread waiting. */
function oneByOneSync(call, { warmMs, ms }) {
  for (const end = performance.now() + warmMs; performance.now() < end;) call();
  let calls = 0;
  let begin = performance.now();
  for (const end = begin + ms; begin < end && calls < MOST_CALLS; calls++) {
    call();
    const next = performance.now();
    times[calls] = next - begin;
    begin = next;
  }
  return quantiles(calls);
}

/** Calls a second, so many at a time. */
async function load(call, { warmMs, ms }) {
  let isOver = false;
  let calls = 0;
  const worker = async () => {
    for (; !isOver; calls++) await call();
  };
  const workers = Array.from({ length: OUTSTANDING }, worker);
  await new Promise((resolve) => setTimeout(resolve, warmMs));
  const [before, begin] = [calls, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, ms));
  const rate = ((calls - before) / (performance.now() - begin)) * 1000;
  isOver = true;
  await Promise.all(workers);
  return rate;
}

async function open() {
  if (transport !== "pipe") return { connection: await connect(NULL, to) };
  const own = [process.execPath, fileURLToPath(new URL("server.mjs", import.meta.url)), "pipe"];
  const [command, ...args] = serverCpu === "" ? own : ["taskset", "-c", serverCpu, ...own];
  return spawnServer(command, args);
}

const [kib, mib] = [new Uint8Array(KIB), new Uint8Array(MIB)];
const figures = {};
if (form === "blocking") {
  const connection = connectSync(NULL, to);
  const echo = (bytes) => () => connection.call(ECHO, bytes);
  figures.null = oneByOneSync(() => connection.call(NULL, undefined), durations.null);
  figures.kib = oneByOneSync(echo(kib), durations.kib);
  if (!SHORT.has(transport)) figures.mib = oneByOneSync(echo(mib), durations.mib);
  connection.close();
} else if (form === "idle") {
  const connection = await connect(NULL, to);
  await load(() => connection.call(NULL), { warmMs: 0, ms: 300 });
  console.log("idle");
} else {
  const opened = await open();
  const { connection } = opened;
  const echo = (bytes) => () => connection.call(ECHO, bytes);
  figures.null = await oneByOne(() => connection.call(NULL), durations.null);
  figures.kib = await oneByOne(echo(kib), durations.kib);
  figures.load = await load(() => connection.call(NULL), durations.load);
  if (!SHORT.has(transport)) figures.mib = await oneByOne(echo(mib), durations.mib);
  await (opened.close === undefined ? connection.close() : opened.close());
}
if (form !== "idle") console.log(JSON.stringify(figures));
