import { RpcError } from "../../../runtime/index.ts";
import type { RpcbindClient } from "../../../runtime/rpcbind/rpcbind-client.ts";
import type { PortmapEntry, RpcbindEntry } from "../../../runtime/rpcbind/rpcbind-types.ts";

/** What is said where a portmapper has no entries. */
export const NO_PROGRAMS = "No remote programs registered.";

const PROTOCOLS: Readonly<Partial<Record<number, string>>> = { 6: "tcp", 17: "udp" };

/** `tcp`, `udp`, or the number. */
export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? String(protocol);
}

/** A portmapper's entries by version 3, which all rpcbinds have, else by the one version that it has. */
export async function entriesOf(client: RpcbindClient): Promise<RpcbindEntry[]> {
  try {
    return await client.v3.dump();
  } catch (error) {
    if (!(error instanceof RpcError && error.code === "RPC_PROGVERSMISMATCH")) throw error;
    if (error.low === 4) return client.v4.dump();
    if (error.high === 2) return (await client.v2.dump()).map(asRpcbindEntry);
    throw error;
  }
}

function asRpcbindEntry({ program, version, protocol, port }: PortmapEntry): RpcbindEntry {
  const netid = protocolName(protocol).padStart(protocol in PROTOCOLS ? 0 : 6);
  return { program, version, netid, uaddr: `0.0.0.0.${(port >> 8) & 0xff}.${port & 0xff}`, owner: "unknown" };
}
