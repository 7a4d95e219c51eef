import { isIPv6 } from "node:net";
import { RpcError, RpcServer } from "../runtime/index.ts";
import { systemCode } from "../runtime/error.ts";
import { RPCBPROG } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { PMAP_PORT } from "../runtime/rpcbind/gen/pmap_prot.ts";
import { RPCBIND_SOCKET } from "../runtime/rpcbind/portmap.ts";
import { ownAddresses } from "./address.ts";
import { freePort } from "./free-port.ts";
import { SUPERUSER } from "./owner.ts";
import { pmapService } from "./pmap-service.ts";
import { rpcbServices } from "./rpcb-services.ts";
import { Registry } from "./registry.ts";
import type { RegistryLimits } from "./registry.ts";

/** Where a portmapper listens, and what bounds it. */
export interface PortmapperOptions {
  /** Numeric address to listen at. Default: all of this host's, IPv4 and, where the host has it, IPv6. */
  readonly host?: string;
  /** Port, the same one for tcp and udp. Default 111, the only one that C's clients know; 0 takes a free one. */
  readonly port?: number;
  /** Path of the UNIX socket, or false for none. Default: `/run/rpcbind.sock` with port 111, else none. */
  readonly socket?: string | false;
  /** Bounds of what is kept that differ from `DEFAULT_REGISTRY_LIMITS`. */
  readonly limits?: Partial<RegistryLimits>;
}

/** An address that a portmapper listens at. */
export interface PortmapperAddress {
  /** `tcp`, `udp`, `tcp6`, `udp6` or `local`. */
  readonly netid: string;
  /** Universal address: `0.0.0.0.0.111`, `::.0.111`, or the path of the socket. */
  readonly address: string;
}

/** How often a free port is looked for, when another process takes what was found. */
const MAX_PORT_TRIES = 8;

/** Anyone on this host may connect: who it is decides what they may do. */
const SOCKET_MODE = 0o666;

/** The order in which rpcbind lists its own entries. */
const OWN_ORDER = ["tcp6", "udp6", "tcp", "udp", "local"];

/** A portmapper: the registry of this host's RPC services, in versions 2, 3 and 4 of the protocol (RFC 1833). */
export class Portmapper implements AsyncDisposable {
  /** What is registered. */
  readonly registry: Registry;
  readonly #options: PortmapperOptions;
  #server: RpcServer | undefined;
  #closed = false;

  constructor(options: PortmapperOptions = {}) {
    this.#options = options;
    this.registry = new Registry(options.limits);
  }

  /**
   * Starts listening, and registers the portmapper itself.
   *
   * @returns every bound address.
   * @throws RpcError `RPC_CANTLISTEN` where an address can't be bound; its `cause` has the system's code.
   */
  async listen(): Promise<PortmapperAddress[]> {
    if (this.#server !== undefined || this.#closed) throw new Error("a portmapper listens once");
    const { port = PMAP_PORT, host } = this.#options;
    for (let tries = 1; ; tries++) {
      // SET and UNSET say what holds from then on: rpcbind runs what comes twice, too.
      const server = new RpcServer({ duplicateCache: false });
      server.add(pmapService(this.registry));
      for (const service of rpcbServices(this.registry)) server.add(service);
      this.#server = server;
      try {
        const bound = await this.#bind(server, port === 0 ? await freePort(host) : port);
        this.#registerItself(bound);
        return bound;
      } catch (error) {
        this.#server = undefined;
        await server.close();
        const taken = error instanceof RpcError && systemCode(error.cause) === "EADDRINUSE";
        if (port !== 0 || !taken || tries === MAX_PORT_TRIES) throw error;
      }
    }
  }

  /** Stops listening and ends the connections. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#server?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #bind(server: RpcServer, port: number): Promise<PortmapperAddress[]> {
    const { host, socket = this.#options.port === undefined || port === PMAP_PORT ? RPCBIND_SOCKET : false } =
      this.#options;
    const inet = host === undefined || !isIPv6(host) ? { host: host ?? "0.0.0.0", port } : false;
    const inet6 = host === undefined ? hasIpv6() && { host: "::", port } : isIPv6(host) && { host, port };
    const bound = await server.listen({
      tcp: inet,
      udp: inet,
      tcp6: inet6,
      udp6: inet6,
      local: socket !== false && { path: socket, mode: SOCKET_MODE },
      portmap: "off",
    });
    return bound.map(({ netid, uaddr }) => ({ netid, address: uaddr }));
  }

  #registerItself(bound: readonly PortmapperAddress[]): void {
    for (const own of OWN_ORDER) {
      for (const { netid, address } of bound) {
        if (netid !== own) continue;
        // Version 2 can say nothing but tcp and udp over IPv4.
        for (const version of netid === "tcp" || netid === "udp" ? [4, 3, 2] : [4, 3]) {
          this.registry.set({ program: RPCBPROG, version, netid, address, owner: SUPERUSER });
        }
      }
    }
  }
}

function hasIpv6(): boolean {
  return ownAddresses().some(({ address }) => isIPv6(address));
}
