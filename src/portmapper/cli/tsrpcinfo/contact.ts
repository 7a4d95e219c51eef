/** How rpcinfo gets to a portmapper. */
import { RpcbindClient } from "../../../runtime/rpcbind/rpcbind-client.ts";
import { type Netid, RpcAddress, isNetid } from "../../../runtime/address.ts";
import { resolveHost } from "../../../runtime/host.ts";
import { openConnection } from "../../../runtime/open-connection.ts";
import { portmapWays } from "../../../runtime/rpcbind/portmap.ts";
import { RpcError } from "../../../runtime/index.ts";
import { callErrorText, createErrorText, isUnsent } from "./error-text.ts";
import { Failure } from "./failure.ts";

/** Milliseconds for each of the portmapper's answers (rpcinfo's). */
const ANSWER_TIMEOUT_MS = 60_000;

/** The portmapper of this host: at its socket, or where `TSRPC_PORTMAP` says. */
export async function contactHere(): Promise<RpcbindClient> {
  const { path, inet } = portmapWays("localhost", "auto");
  if (path !== undefined) return open(RpcAddress.local(path));
  return firstOf(await inetAddresses(inet?.host ?? "localhost", "tcp", inet?.port ?? 0));
}

/** The portmapper of a host by tcp, or at the socket that `TSRPC_PORTMAP` says. */
export async function contactByTcp(host: string): Promise<RpcbindClient> {
  const { path, inet } = portmapWays(host, "auto");
  if (inet === undefined) return open(RpcAddress.local(path ?? ""));
  return firstOf(await inetAddresses(inet.host, "tcp", inet.port));
}

/** The portmapper of a host, by tcp, else by udp, where its absence shows in the first answer alone. */
export async function contactHost(host: string): Promise<RpcbindClient> {
  try {
    return await contactByTcp(host);
  } catch (error) {
    const { inet } = portmapWays(host, "auto");
    if (inet === undefined || !(error instanceof RpcError && error.code === "RPC_CANTCONNECT")) throw error;
    return firstOf(await inetAddresses(inet.host, "udp", inet.port));
  }
}

/** The portmapper of a host over one transport, and its family alone. libtirpc knows no address of a host for its socket. */
export async function contactOver(netid: string, host: string): Promise<RpcbindClient> {
  if (!isNetid(netid)) throw new Failure("tsrpcinfo: invalid transport: Netid not found in netconfig database");
  const { inet } = portmapWays(host, "auto");
  if (netid === "local" || inet === undefined) throw new RpcError("RPC_UNKNOWNHOST", `${host} has no ${netid}`);
  const own = (await inetAddresses(inet.host, netid, inet.port)).filter((address) => address.netid === netid);
  if (own.length === 0) throw new RpcError("RPC_UNKNOWNHOST", `${host} has no address for ${netid}`);
  return firstOf(own);
}

/** Asks, and closes the connection. What fails is told as rpcinfo tells it. */
export async function asking<T>(
  contact: () => Promise<RpcbindClient>,
  ask: (client: RpcbindClient) => Promise<T>,
): Promise<T> {
  let client: RpcbindClient;
  try {
    client = await contact();
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (isUnsent(error)) throw callFailure(error);
    throw new Failure(`tsrpcinfo: can't contact rpcbind: ${createErrorText(error)}`);
  }
  try {
    return await ask(client);
  } catch (error) {
    throw callFailure(error);
  } finally {
    await client.close();
  }
}

/** With two colons, as rpcinfo has it. */
function callFailure(error: unknown): Failure {
  return new Failure(`tsrpcinfo: can't contact rpcbind: : ${callErrorText(error)}`);
}

/** Which portmapper the forms ask that take a host and a transport, and need neither. */
export function contactFor(host: string | undefined, netid: string | undefined): () => Promise<RpcbindClient> {
  if (host === undefined) return contactHere;
  return netid === undefined ? () => contactHost(host) : () => contactOver(netid, host);
}

async function inetAddresses(host: string, netid: Exclude<Netid, "local">, port: number): Promise<RpcAddress[]> {
  return (await resolveHost(host, netid)).map((at) => RpcAddress.inet(at.netid, at.host, port));
}

/** A client of the first that takes a connection. */
async function firstOf(addresses: readonly RpcAddress[]): Promise<RpcbindClient> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await open(address);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function open(to: RpcAddress): Promise<RpcbindClient> {
  return new RpcbindClient(await openConnection(to), ANSWER_TIMEOUT_MS);
}
