import { type Netid, RpcAddress, isRegistrable } from "../address.ts";
import { RpcError } from "../error.ts";
import { onOwnLink, resolveHost } from "../host.ts";
import { PING_TIMEOUT_MS, REGISTER_TIMEOUT_MS } from "../limits.ts";
import { openConnection } from "../open-connection.ts";
import { voidCodec } from "../../xdr/index.ts";
import { lookupFailed, withPortmapper } from "./lookup.ts";
import { type Portmap, portmapWays } from "./portmap.ts";
import type { RpcbindClient } from "./rpcbind-client.ts";
import type { ServiceId } from "./rpcbind-types.ts";

/** A service with the name that its `.x` has for the program, for messages. */
export interface NamedService extends ServiceId {
  readonly programName: string;
}

/** The entries that one server has made in this host's portmapper. */
export class Registration {
  readonly #to: RpcAddress;
  readonly #entries: { readonly service: ServiceId; readonly address: RpcAddress<Netid> }[] = [];

  private constructor(to: RpcAddress) {
    this.#to = to;
  }

  /**
   * Registers each service at each address that a portmapper can store, with this host's portmapper. Undefined where there is no portmapper.
   * Rejects with `RPC_PROGALREADYREGISTERED` where a live server has the entry and `replace` is not set, and with
   * `RPC_RPCBFAILURE` where the portmapper refuses; what was registered by then is taken back.
   */
  static async make(
    services: readonly NamedService[],
    addresses: readonly RpcAddress[],
    options: { portmap: Exclude<Portmap, "off">; replace: boolean },
  ): Promise<Registration | undefined> {
    const to = await findPortmapper(options.portmap);
    if (to === undefined) return undefined;
    const registration = new Registration(to);
    try {
      await withPortmapper(to, REGISTER_TIMEOUT_MS, async (client) => {
        for (const service of services) {
          for (const address of addresses.filter(isRegistrable))
            await registration.#add(client, service, address, options.replace);
        }
      });
    } catch (error) {
      await registration.remove();
      throw error;
    }
    return registration;
  }

  /** Whether an address was registered. */
  has(address: RpcAddress): boolean {
    return this.#entries.some((entry) => entry.address === address);
  }

  /** Takes the entries back, those of them that are still this server's. Never rejects: the portmapper may be gone. */
  async remove(): Promise<void> {
    const entries = this.#entries.splice(0);
    if (entries.length === 0) return;
    try {
      await withPortmapper(this.#to, REGISTER_TIMEOUT_MS, async (client) => {
        const now = await client.dump();
        for (const { service, address } of entries) {
          const ours = now.some((entry) => isEntry(entry, service, address.netid) && isAt(entry.uaddr, address));
          if (ours) await client.unset(service, address.netid);
        }
      });
    } catch (error) {
      if (!lookupFailed(error)) throw error;
    }
  }

  async #add(
    client: RpcbindClient,
    service: NamedService,
    address: RpcAddress<Netid>,
    replace: boolean,
  ): Promise<void> {
    let made: boolean;
    try {
      made = await client.set(service, address);
    } catch (error) {
      // A portmapper of version 2 alone can't say anything but tcp and udp.
      if (error instanceof RpcError && error.code === "RPC_UNKNOWNPROTO") return;
      throw error;
    }
    if (!made) {
      const found = (await client.dump()).find((entry) => isEntry(entry, service, address.netid));
      const what = `${service.programName} version ${service.version} on ${address.netid}`;
      if (found !== undefined) {
        // Our own address is a server's that had it before: it is bound by us now.
        const owner = found.uaddr === address.uaddr ? undefined : RpcAddress.parse(address.netid, found.uaddr);
        if (!replace && owner !== undefined && (await answers(service, owner))) {
          throw new RpcError("RPC_PROGALREADYREGISTERED", `${what} is registered for a live server, ${String(owner)}`);
        }
        await client.unset(service, address.netid);
        // Version 2 unsets tcp and udp at once: what was ours already is set again.
        for (const entry of this.#entries) {
          if (entry.service === service) await client.set(service, entry.address);
        }
        made = await client.set(service, address);
      }
      if (!made) throw new RpcError("RPC_RPCBFAILURE", `the portmapper refused to register ${what}`);
    }
    this.#entries.push({ service, address });
  }
}

function isEntry(
  entry: { program: number; version: number; netid: string },
  service: ServiceId,
  netid: Netid,
): boolean {
  return entry.program === service.program && entry.version === service.version && entry.netid === netid;
}

/** Whether an entry's address is a server's. Version 2 knows ports alone: its entries have the wildcard for a host. */
function isAt(uaddr: string, address: RpcAddress<Netid>): boolean {
  if (uaddr === address.uaddr) return true;
  const entry = RpcAddress.parse(address.netid, uaddr);
  return address.netid !== "local" && entry?.host === "0.0.0.0" && entry.port === address.port;
}

/** This host's portmapper: its socket, by which it knows the owner, else its port. Undefined where none listens. */
async function findPortmapper(portmap: Exclude<Portmap, "off">): Promise<RpcAddress | undefined> {
  const ways = portmapWays("localhost", portmap);
  const candidates: RpcAddress[] = ways.path === undefined ? [] : [RpcAddress.local(ways.path)];
  if (ways.inet !== undefined) {
    for (const { netid, host } of await resolveHost(ways.inet.host, "tcp").catch(() => [])) {
      candidates.push(RpcAddress.inet(netid, host, ways.inet.port));
    }
  }
  for (const candidate of candidates) {
    try {
      await (await openConnection(candidate, { timeoutMs: REGISTER_TIMEOUT_MS })).close();
      return candidate;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
  }
  return undefined;
}

/** Whether a server lives there: one that answers, with whatever, or that takes the call and is silent. */
async function answers(service: NamedService, at: RpcAddress): Promise<boolean> {
  const host = at.host === "0.0.0.0" ? "127.0.0.1" : at.host === "::" ? "::1" : onOwnLink(at.host);
  const to = host === at.host ? at : RpcAddress.inet(at.netid as "tcp", host, at.port);
  try {
    await using connection = await openConnection(to, { timeoutMs: PING_TIMEOUT_MS, refusedTimeoutMs: 0 });
    await connection.call({ ...service, number: 0, name: "NULL", args: voidCodec, result: voidCodec }, undefined);
    return true;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return !["RPC_CANTCONNECT", "RPC_CANTSEND", "RPC_CANTRECV", "RPC_PROGUNAVAIL"].includes(error.code);
  }
}
