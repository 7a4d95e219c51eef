import { type BoundAddress, type InheritedSocket, RpcError, RpcServer } from "../runtime/index.ts";
import { systemCode } from "../runtime/error.ts";
import { DEFAULT_MAX_RECORD_BYTES } from "../runtime/limits.ts";
import { RPCBPROG } from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { PMAP_PORT } from "../runtime/rpcbind/gen/pmap_prot.ts";
import { RPCBIND_SOCKET } from "../runtime/rpcbind/portmap.ts";
import { Access, type AccessOptions } from "./access.ts";
import { type PortmapperParts, failureListener, guardOf } from "./answering.ts";
import type { PortmapperEventListener } from "./events.ts";
import { freePort } from "./free-port.ts";
import { IndirectCalls, type IndirectOptions } from "./indirect.ts";
import { LargeReplies } from "./large-replies.ts";
import {
  DEFAULT_CONNECTION_IDLE_MS,
  MAX_CALLS_IN_PROGRESS_BYTES,
  MAX_CALL_BYTES,
  UDP_RECEIVE_BUFFER_BYTES,
} from "./limits.ts";
import { OwnAddresses } from "./own-addresses.ts";
import { SUPERUSER } from "./owner.ts";
import { type PruneOptions, Pruner } from "./prune.ts";
import { pmapService } from "./pmap-service.ts";
import { rpcbServices } from "./rpcb-services.ts";
import { transportsOf, withGroups } from "./where.ts";
import { DEFAULT_REGISTRY_LIMITS, Registry } from "./registry.ts";
import type { Registration, RegistryLimits } from "./registry.ts";
import { StateFile, type StateOptions } from "./state.ts";
import { Statistics } from "./statistics.ts";

/** Where a portmapper listens, and what bounds it. */
export interface PortmapperOptions extends AccessOptions {
  /** Numeric address to listen at. Default: all of this host's, IPv4 and, where the host has it, IPv6. */
  readonly host?: string;
  /** Port, the same one for tcp and udp. Default 111, the only one that C's clients know; 0 takes a free one. */
  readonly port?: number;
  /**
   * Numeric addresses to listen at over udp (rpcbind's `-h`), beside this host's loopback addresses; tcp is left as it is. So a reply over
   * udp comes from the address that was asked. Default: what `host` says.
   */
  readonly udpHosts?: readonly string[];
  /** Sockets that another process has made, such as systemd (`inheritedSockets` of the runtime): these are served, and none is made. Default: none. */
  readonly sockets?: readonly InheritedSocket[];
  /** Path of the UNIX socket, or false for none. Default: `/run/rpcbind.sock` with port 111, else none. */
  readonly socket?: string | false;
  /** Bounds of what is kept that differ from `DEFAULT_REGISTRY_LIMITS`. */
  readonly limits?: Partial<RegistryLimits>;
  /** Connections at a time of each stream listener. Default 1024. */
  readonly maxConnections?: number;
  /** Milliseconds without a call until a connection is closed. Default 120 000: whoever calls once can't keep a place for ever. */
  readonly connectionIdleTimeoutMs?: number;
  /** Makes calls for others (CALLIT, BCAST, INDIRECT; rpcbind's `-r`), with these bounds. Default false. */
  readonly indirect?: boolean | IndirectOptions;
  /** Removes registrations of dead servers. Default false. */
  readonly prune?: boolean | PruneOptions;
  /** Keeps what is registered in a file, over restarts and the sudden end of the process (rpcbind's `-w`). Default: no. */
  readonly state?: StateOptions;
  /** Tells `onEvent` of every call too. Default false. */
  readonly tellCalls?: boolean;
  /** Told of registrations, refusals, indirect calls and failures. */
  readonly onEvent?: PortmapperEventListener;
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

/** Bytes of an entry of DUMP without its strings, and with the longest owner there is. */
const ENTRY_BYTES = 64;

/** Anyone on this host may connect: who it is decides what they may do. */
const SOCKET_MODE = 0o666;

/** Versions 3 and 4 on five transports, 2 on two. */
const MAX_OWN_ENTRIES = 12;

/** The order in which rpcbind lists its own entries. */
const OWN_ORDER = ["tcp6", "udp6", "tcp", "udp", "local"];

/** A portmapper: the registry of this host's RPC services, in versions 2, 3 and 4 of the protocol (RFC 1833). */
export class Portmapper implements AsyncDisposable {
  /** What is registered. */
  readonly registry: Registry;
  /** What GETSTAT tells. */
  readonly statistics: Statistics = new Statistics();
  readonly #options: PortmapperOptions;
  readonly #parts: PortmapperParts;
  readonly #pruner: Pruner | undefined;
  readonly #state: StateFile | undefined;
  #restoring = false;
  #server: RpcServer | undefined;
  #closed = false;

  /** Throws a `RangeError` for a network or a bound that is none. */
  constructor(options: PortmapperOptions = {}) {
    const { limits, indirect = false, prune = false, state, tellCalls = false, onEvent } = options;
    this.#options = options;
    this.registry = new Registry(limits);
    const own = new OwnAddresses();
    const tell: PortmapperEventListener = (event) => onEvent?.(event);
    const stateFile = state && new StateFile(this.registry, { ...DEFAULT_REGISTRY_LIMITS, ...limits }, tell, state);
    this.#state = stateFile;
    this.#parts = {
      registry: this.registry,
      statistics: this.statistics,
      access: new Access(options, own),
      own,
      indirect: new IndirectCalls(indirect === true ? {} : indirect === false ? undefined : indirect),
      largeReplies: new LargeReplies(),
      tell,
      tellCalls,
      settled: stateFile && (() => stateFile.settled()),
    };
    if (prune !== false) this.#pruner = new Pruner(this.registry, own, tell, prune === true ? {} : prune);
    this.registry.watch({
      added: (registration) => {
        if (!this.#restoring) tell({ kind: "registered", registration });
      },
      removed: (registration) => {
        tell({ kind: "unregistered", registration });
      },
    });
  }

  /**
   * Asks each registered service for its NULL procedure, now, and removes the dead, as `prune` does from time to time.
   *
   * @returns what was removed. Without the option `prune`: nothing.
   */
  async prune(): Promise<Registration[]> {
    return (await this.#pruner?.round()) ?? [];
  }

  /**
   * Starts listening, and registers the portmapper itself. With `state`, what was registered before is there again.
   *
   * @returns every bound address.
   * @throws RpcError `RPC_CANTLISTEN` where an address can't be bound; its `cause` has the system's code. Error where
   *   the folder of the state can't be used.
   */
  async listen(): Promise<PortmapperAddress[]> {
    if (this.#server !== undefined || this.#closed) throw new Error("a portmapper listens once");
    const { port = PMAP_PORT, host } = this.#options;
    // In front of the first call: none is told that a service is missing.
    const restored = this.#restore();
    for (let tries = 1; ; tries++) {
      // SET and UNSET say what holds from then on: rpcbind runs what comes twice, too.
      const server = this.#makeServer();
      this.#server = server;
      try {
        const bound = await this.#bind(server, port === 0 ? await freePort(host) : port);
        this.#registerItself(bound);
        // Its own come first, as with rpcbind.
        for (const registration of restored) this.registry.moveLast(registration);
        this.#pruner?.start();
        this.#state?.begin();
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
    this.#pruner?.stop();
    await this.#server?.close();
    await this.#state?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #restore(): Registration[] {
    if (this.#state === undefined) return [];
    const found = this.#state.restore();
    const { maxEntries } = { ...DEFAULT_REGISTRY_LIMITS, ...this.#options.limits };
    this.#restoring = true;
    // There stays room for the portmapper's own.
    const registrations = found
      .slice(0, Math.max(0, maxEntries - MAX_OWN_ENTRIES))
      .filter((registration) => this.registry.set(registration));
    this.#restoring = false;
    if (registrations.length > 0) this.#parts.tell({ kind: "restored", registrations: registrations.length });
    return registrations;
  }

  #makeServer(): RpcServer {
    const { limits, maxConnections, connectionIdleTimeoutMs = DEFAULT_CONNECTION_IDLE_MS } = this.#options;
    const { maxEntries, maxNetidBytes, maxAddressBytes } = { ...DEFAULT_REGISTRY_LIMITS, ...limits };
    const server = new RpcServer({
      shm: false, // a client asks once and goes
      duplicateCache: false,
      guard: guardOf(this.#parts),
      onError: failureListener(this.#parts.tell),
      connectionIdleTimeoutMs,
      ...(maxConnections !== undefined && { maxConnections }),
      maxReceivedBytes: MAX_CALL_BYTES,
      maxInProgressBytes: MAX_CALLS_IN_PROGRESS_BYTES,
      udpReceiveBufferBytes: UDP_RECEIVE_BUFFER_BYTES,
      // Whatever is registered, all of it can be listed.
      maxRecordBytes: Math.max(DEFAULT_MAX_RECORD_BYTES, maxEntries * (maxNetidBytes + maxAddressBytes + ENTRY_BYTES)),
    });
    server.add(pmapService(this.#parts));
    for (const service of rpcbServices(this.#parts)) server.add(service);
    return server;
  }

  async #bind(server: RpcServer, port: number): Promise<PortmapperAddress[]> {
    const { host, udpHosts, sockets = [] } = this.#options;
    const bound: BoundAddress[] = [];
    for (const socket of sockets) bound.push(await server.listenOn(withGroups(socket)));
    if (sockets.length === 0) {
      const { socket = this.#options.port === undefined || port === PMAP_PORT ? RPCBIND_SOCKET : false } =
        this.#options;
      for (const transports of transportsOf({ host, udpHosts, port })) {
        bound.push(...(await server.listen({ ...transports, local: false, portmap: "off" })));
      }
      const local = socket !== false && { path: socket, mode: SOCKET_MODE };
      if (local !== false) bound.push(...(await server.listen({ tcp: false, udp: false, local, portmap: "off" })));
    }
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
