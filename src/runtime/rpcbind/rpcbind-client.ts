/** The client of a portmapper, of whatever version it speaks. */
import { type Netid, RpcAddress, netidOf } from "../address.ts";
import type { ClientAuth } from "../auth/flavor.ts";
import type { ConnectionOptions } from "../connection-options.ts";
import type { RpcConnection } from "../connection.ts";
import { RpcError } from "../error.ts";
import { DEFAULT_TIMEOUT_MS } from "../limits.ts";
import { type MessageLimits, openConnection } from "../open-connection.ts";
import { PMAP_IPPROTO_TCP, PMAP_IPPROTO_UDP } from "./gen/pmap_prot.ts";
import { RpcbprogV3, RpcbprogV4 } from "./gen/rpcb_prot.ts";
import { portmapperAddresses } from "./portmapper-addresses.ts";
import type { PortmapAddress } from "./portmap.ts";
import { PortmapperCalls } from "./rpcbind-ask.ts";
import type { RpcbindEntry, ServiceId } from "./rpcbind-types.ts";
import { RpcbindV2 } from "./rpcbind-v2.ts";
import { RpcbindV3, RpcbindV4 } from "./rpcbind-v3.ts";

const PROTOCOLS: Readonly<Partial<Record<string, number>>> = { tcp: PMAP_IPPROTO_TCP, udp: PMAP_IPPROTO_UDP };

/** Which portmapper, and how to reach it. */
export interface RpcbindConnectOptions extends ConnectionOptions, MessageLimits {
  /** Name or address. Default `localhost`. */
  readonly host?: string;
  /**
   * Default: the portmapper's socket where it is this host's and there is one, by which it knows who asks; else tcp. `tcp` and `udp`
   * take IPv4 or IPv6, whichever the host has, IPv4 first.
   */
  readonly transport?: Netid;
  /** Where the portmapper is. Default: where `TSRPC_PORTMAP` says, else at port 111 and `/run/rpcbind.sock`. */
  readonly portmap?: "auto" | PortmapAddress;
  /** Ends the attempt to connect when it fires, at once. */
  readonly signal?: AbortSignal;
}

/**
 * Asks a portmapper over a connection. `v2`, `v3` and `v4` have each procedure of their version; `getaddr`, `dump`, `set` and `unset`
 * here try version 4 first, then 3, then 2, and so work with any portmapper.
 *
 * Each call rejects with an `RpcError`: `RPC_PROGVERSMISMATCH` where the portmapper does not speak the version, `RPC_PROCUNAVAIL` where
 * it lacks the procedure, `RPC_AUTHERROR` where it is refused, `RPC_TIMEDOUT`.
 */
export class RpcbindClient implements AsyncDisposable {
  /** The procedures of version 2. */
  readonly v2: RpcbindV2;
  /** The procedures of version 3. */
  readonly v3: RpcbindV3;
  /** The procedures of version 4. */
  readonly v4: RpcbindV4;
  readonly #calls: PortmapperCalls;

  /**
   * @param connection to the portmapper; `connect` makes one
   * @param timeoutMs for each answer that a call's options set no other for. Default 25 000
   * @param auth of calls that are handed on over udp, which leave by a socket of their own. Default `authNone`
   */
  constructor(connection: RpcConnection, timeoutMs: number = DEFAULT_TIMEOUT_MS, auth?: ClientAuth) {
    this.#calls = new PortmapperCalls(connection, timeoutMs, auth);
    this.v2 = new RpcbindV2(this.#calls);
    this.v3 = new RpcbindV3(this.#calls);
    this.v4 = new RpcbindV4(this.#calls);
  }

  /**
   * Connects to a portmapper, at the first of its addresses that takes it.
   * Rejects with `RPC_UNKNOWNHOST`, `RPC_UNKNOWNPROTO` where it has no such transport, or `RPC_CANTCONNECT`.
   */
  static async connect(to: string | RpcbindConnectOptions = {}): Promise<RpcbindClient> {
    const options = typeof to === "string" ? { host: to } : to;
    let failure: unknown;
    for (const address of await portmapperAddresses(options)) {
      try {
        return new RpcbindClient(await openConnection(address, options), options.timeoutMs, options.auth);
      } catch (error) {
        if (!(error instanceof RpcError && error.code === "RPC_CANTCONNECT")) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** What it asks over. */
  get connection(): RpcConnection {
    return this.#calls.connection;
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    await this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * The universal address of a service on the transport that the portmapper is asked over (it ignores any other).
   * Undefined where the service is not registered. From version 2 the host is missing: `.8.1`.
   */
  async getaddr(service: ServiceId): Promise<string | undefined> {
    const netid = netidOf(this.connection.transport);
    const { program: rProg, version: rVers } = service;
    const rpcb = { rProg, rVers, rNetid: netid, rAddr: "", rOwner: "" };
    const answer = await newest(
      () => this.#calls.ask(RpcbprogV4.rpcbprocGetaddr, rpcb),
      () => this.#calls.ask(RpcbprogV3.rpcbprocGetaddr, rpcb),
      async () => {
        const port = await this.v2.getport(service, protocolOf(netid));
        return port === undefined ? "" : `.${port >> 8}.${port & 0xff}`;
      },
    );
    return answer === "" ? undefined : answer;
  }

  /** All entries. A portmapper of version 2 alone has those of tcp and udp. */
  async dump(): Promise<RpcbindEntry[]> {
    return newest(
      () => this.v4.dump(),
      () => this.v3.dump(),
      async () =>
        (await this.v2.dump()).flatMap(({ program, version, protocol, port }) => {
          const netid = Object.keys(PROTOCOLS).find((name) => PROTOCOLS[name] === protocol);
          const uaddr = `0.0.0.0.${port >> 8}.${port & 0xff}`;
          return netid === undefined ? [] : [{ program, version, netid, uaddr, owner: "" }];
        }),
    );
  }

  /** Registers an address; false where another is registered for that service and transport, or it is refused. */
  async set(service: ServiceId, address: RpcAddress<Netid>): Promise<boolean> {
    const { program, version } = service;
    const entry = { program, version, netid: address.netid, uaddr: address.uaddr };
    return newest(
      () => this.v4.set(entry),
      () => this.v3.set(entry),
      async () => this.v2.set({ program, version, protocol: protocolOf(address.netid), port: address.port }),
    );
  }

  /** Removes what is registered for a service and transport; false where that is refused. Version 2 removes tcp and udp at once. */
  async unset(service: ServiceId, netid: Netid): Promise<boolean> {
    return newest(
      () => this.v4.unset(service, netid),
      () => this.v3.unset(service, netid),
      async () => this.v2.unset(service, protocolOf(netid)),
    );
  }
}

async function newest<T>(...versions: readonly (() => Promise<T>)[]): Promise<T> {
  let unavailable: unknown;
  for (const ask of versions) {
    try {
      return await ask();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      unavailable = error;
    }
  }
  throw unavailable;
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  return ["RPC_PROGVERSMISMATCH", "RPC_PROGUNAVAIL", "RPC_PROCUNAVAIL"].includes(error.code);
}

function protocolOf(netid: Netid): number {
  const protocol = PROTOCOLS[netid];
  if (protocol === undefined)
    throw new RpcError("RPC_UNKNOWNPROTO", `version 2 of the portmapper does not know ${netid}`);
  return protocol;
}
