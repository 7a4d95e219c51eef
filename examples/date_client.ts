// Asks a date server for the time, and how to write it:
//   node dist/examples/date_client.js [HOST [tcp | udp | local]]
import { DateProgV1Client } from "./date_clnt.ts";

const [host = "localhost", transport = "tcp"] = process.argv.slice(2);
if (transport !== "tcp" && transport !== "udp" && transport !== "local") {
  throw new Error(`the transport is tcp, udp or local, not ${transport}`);
}
await using date = await DateProgV1Client.connect({ host, transport });
const seconds = await date.binDate();
console.log(`${seconds} ${await date.strDate(seconds)}`);
