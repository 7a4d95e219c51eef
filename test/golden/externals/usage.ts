import { LAST, type PeerName, type Peers } from "./input.js";
import { PeerProgV1Client } from "./input_clnt.js";

export async function use(client: PeerProgV1Client): Promise<Peers> {
  const name: PeerName = LAST;
  const seen: Date = await client.seen({ host: name, port: 1 });
  return client.list(seen, []);
}
