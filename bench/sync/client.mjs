// Our clients. Prints the median and the 99th percentile, in nanoseconds.   client.mjs blocking|promises tcp|udp|local ADDRESS COUNT
import { performance } from "node:perf_hooks";
import { connect } from "../../dist/src/runtime/index.js";
import { connectSync } from "../../dist/src/runtime/sync/index.js";
import { NULL, UNMEASURED } from "./procedure.mjs";

const [form, netid, address, count] = process.argv.slice(2);
const to = netid === "local" ? { path: address } : { host: "127.0.0.1", transport: netid, port: Number(address) };
const times = new Float64Array(Number(count));

if (form === "blocking") {
  const connection = connectSync(NULL, to);
  for (let i = -UNMEASURED; i < times.length; i++) {
    const start = performance.now();
    connection.call(NULL, undefined);
    if (i >= 0) times[i] = performance.now() - start;
  }
  connection.close();
} else {
  const connection = await connect(NULL, to);
  for (let i = -UNMEASURED; i < times.length; i++) {
    const start = performance.now();
    await connection.call(NULL, undefined);
    if (i >= 0) times[i] = performance.now() - start;
  }
  await connection.close();
}

times.sort();
const at = (part) => Math.round((times[Math.floor(times.length * part)] ?? 0) * 1e6);
console.log(at(0.5), at(0.99));
