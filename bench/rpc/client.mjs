// Our client, of the generated stubs. Prints JSON.
//
//   client.mjs NETID ADDRESS CONNECTIONS OUTSTANDING WHAT SECONDS GENERATED
//
// NETID: tcp, udp, local; shm, which is asked for on the UNIX socket; sync, the blocking client on it. WHAT: 0 for NOTHING;
// bytes of REFLECT; give:BYTES.
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { WARM_UP_MS, drive, percentiles } from "./drive.mjs";

const [netid, address, connections, outstanding, what, seconds, generated] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(join(generated, name)).href);

function callOf(client) {
  if (what.startsWith("give:")) {
    const size = Number(what.slice(5));
    return () => client.give(size);
  }
  const bytes = new Uint8Array(Number(what));
  return bytes.length === 0 ? () => client.nothing() : () => client.reflect(bytes);
}

/** One after the other, by the client that blocks. */
async function driveSync() {
  const { BenchProgV1SyncClient } = await load("bench_clnt.js");
  const client = BenchProgV1SyncClient.connect({ transport: "local", path: address });
  const call = callOf(client);
  const times = [];
  const warmUntil = performance.now() + WARM_UP_MS;
  while (performance.now() < warmUntil) call();
  const start = performance.now();
  for (let last = start; last - start < Number(seconds) * 1000;) {
    call();
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  const perSecond = times.length / ((performance.now() - start) / 1000);
  client.connection.close();
  return { perSecond, ...percentiles(Float64Array.from(times)) };
}

async function driveAsync() {
  const { BenchProgV1Client } = await load("bench_clnt.js");
  const to =
    netid === "local" || netid === "shm"
      ? { transport: netid, path: address }
      : { transport: netid, host: "127.0.0.1", port: Number(address) };
  const clients = await Promise.all(Array.from({ length: Number(connections) }, () => BenchProgV1Client.connect(to)));
  const figures = await drive(clients.map(callOf), Number(outstanding), Number(seconds));
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  return figures;
}

console.log(JSON.stringify(await (netid === "sync" ? driveSync() : driveAsync())));
