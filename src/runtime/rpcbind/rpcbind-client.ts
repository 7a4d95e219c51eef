/** The client of a portmapper, of whatever version it speaks. */
import type { RpcAddress, Netid } from "../address.ts";
import type { RpcConnection } from "../connection.ts";
import { RpcError } from "../error.ts";
import { LOOKUP_RETRY_MS } from "../limits.ts";
import type { RpcProcedure } from "../procedure.ts";
import { PMAP_IPPROTO_TCP, PMAP_IPPROTO_UDP, PmapProgV2, type Pmaplist } from "./gen/pmap_prot.ts";
import { type Rpcb, type Rpcblist, RpcbprogV3, RpcbprogV4 } from "./gen/rpcb_prot.ts";

/** One entry of a portmapper. */
export interface Mapping {
  readonly program: number;
  readonly version: number;
  readonly netid: string;
  /** Universal address. */
  readonly uaddr: string;
  /** Empty where the portmapper speaks version 2 alone. */
  readonly owner: string;
}

/** The service that is asked for. */
export interface ServiceId {
  readonly program: number;
  readonly version: number;
}

const PROTOCOLS: Readonly<Partial<Record<string, number>>> = { tcp: PMAP_IPPROTO_TCP, udp: PMAP_IPPROTO_UDP };

/** Asks a portmapper over a connection. The procedures of version 4 are tried first, then 3, then 2. */
export class PortmapperClient {
  readonly #connection: RpcConnection;
  readonly #timeoutMs: number;

  constructor(connection: RpcConnection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The universal address of a service on the transport that the portmapper is asked over (it ignores any other).
   * Undefined where the service is not registered. From version 2 the host is missing: `.8.1`.
   */
  async getaddr(service: ServiceId): Promise<string | undefined> {
    const netid = this.#connection.transport;
    const rpcb: Rpcb = { rProg: service.program, rVers: service.version, rNetid: netid, rAddr: "", rOwner: "" };
    const answer = await this.#newest(
      () => this.#call(RpcbprogV4.rpcbprocGetaddr, rpcb),
      () => this.#call(RpcbprogV3.rpcbprocGetaddr, rpcb),
      async () => {
        const pmap = { prog: service.program, vers: service.version, prot: protocolOf(netid), port: 0 };
        const port = await this.#call(PmapProgV2.pmapprocGetport, pmap);
        return port === 0 ? "" : `.${port >> 8}.${port & 0xff}`;
      },
    );
    return answer === "" ? undefined : answer;
  }

  /** All entries. */
  async dump(): Promise<Mapping[]> {
    return this.#newest(
      async () => fromRpcblist(await this.#call(RpcbprogV4.rpcbprocDump, undefined)),
      async () => fromRpcblist(await this.#call(RpcbprogV3.rpcbprocDump, undefined)),
      async () => fromPmaplist(await this.#call(PmapProgV2.pmapprocDump, undefined)),
    );
  }

  /** Registers an address; false where another is registered for that service and transport, or it is refused. */
  async set(service: ServiceId, address: RpcAddress): Promise<boolean> {
    const rpcb = rpcbOf(service, address.netid, address.uaddr);
    return this.#newest(
      () => this.#call(RpcbprogV4.rpcbprocSet, rpcb),
      () => this.#call(RpcbprogV3.rpcbprocSet, rpcb),
      () => this.#call(PmapProgV2.pmapprocSet, pmapOf(service, address.netid, address.port)),
    );
  }

  /** Removes what is registered for a service and transport; false where that is refused or nothing was. */
  async unset(service: ServiceId, netid: Netid): Promise<boolean> {
    const rpcb = rpcbOf(service, netid, "");
    return this.#newest(
      () => this.#call(RpcbprogV4.rpcbprocUnset, rpcb),
      () => this.#call(RpcbprogV3.rpcbprocUnset, rpcb),
      () => this.#call(PmapProgV2.pmapprocUnset, pmapOf(service, netid, 0)),
    );
  }

  async #newest<T>(...versions: readonly (() => Promise<T>)[]): Promise<T> {
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

  /** Over udp the question is repeated, since no answer may mean that it was lost. Each is idempotent. */
  async #call<A, R>(procedure: RpcProcedure<A, R>, args: A): Promise<R> {
    const udp = this.#connection.transport.startsWith("udp");
    let left = this.#timeoutMs;
    for (let tryMs = udp ? LOOKUP_RETRY_MS : left; ; tryMs *= 2) {
      const timeoutMs = Math.min(tryMs, left);
      left -= timeoutMs;
      try {
        return await this.#connection.call(procedure, args, { timeoutMs });
      } catch (error) {
        if (!(error instanceof RpcError && error.code === "RPC_TIMEDOUT" && left > 0)) throw error;
      }
    }
  }
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  return ["RPC_PROGVERSMISMATCH", "RPC_PROGUNAVAIL", "RPC_PROCUNAVAIL"].includes(error.code);
}

function rpcbOf(service: ServiceId, netid: Netid, uaddr: string): Rpcb {
  return { rProg: service.program, rVers: service.version, rNetid: netid, rAddr: uaddr, rOwner: "" };
}

function pmapOf(
  service: ServiceId,
  netid: Netid,
  port: number,
): Parameters<typeof PmapProgV2.pmapprocSet.args.encode>[1] {
  return { prog: service.program, vers: service.version, prot: protocolOf(netid), port };
}

function protocolOf(netid: Netid): number {
  const protocol = PROTOCOLS[netid];
  if (protocol === undefined)
    throw new RpcError("RPC_UNKNOWNPROTO", `version 2 of the portmapper does not know ${netid}`);
  return protocol;
}

function fromRpcblist(list: Rpcblist | null): Mapping[] {
  const mappings: Mapping[] = [];
  for (let node = list; node !== null; node = node.rpcbNext) {
    const { rProg: program, rVers: version, rNetid: netid, rAddr: uaddr, rOwner: owner } = node.rpcbMap;
    mappings.push({ program, version, netid, uaddr, owner });
  }
  return mappings;
}

function fromPmaplist(list: Pmaplist | null): Mapping[] {
  const mappings: Mapping[] = [];
  for (let node = list; node !== null; node = node.next) {
    const { prog: program, vers: version, prot, port } = node.map;
    const netid = Object.keys(PROTOCOLS).find((name) => PROTOCOLS[name] === prot);
    if (netid !== undefined)
      mappings.push({ program, version, netid, uaddr: `0.0.0.0.${port >> 8}.${port & 0xff}`, owner: "" });
  }
  return mappings;
}
