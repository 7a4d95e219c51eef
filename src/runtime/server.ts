import type { XdrStrictness } from "../xdr/index.ts";
import { PATH_TRANSPORTS, type RpcAddress, type TransportName, isRegistrable } from "./address.ts";
import type { AnswerReason } from "./answers.ts";
import type { ServerAuth } from "./auth/flavor.ts";
import { isShmQuestion } from "./auth/shm.ts";
import { type ConnectionOptions, checkConnectionOptions } from "./connection-options.ts";
import { RpcConnection } from "./connection.ts";
import { Dispatcher, type Guard, type HandlerErrorListener } from "./dispatcher.ts";
import { CallQueue } from "./call-queue.ts";
import { isClusterWorker } from "./cluster.ts";
import { drained } from "./drain.ts";
import { DuplicateCache, type DuplicateCacheCounters, type DuplicateCacheOptions } from "./duplicate-cache.ts";
import { RpcError } from "./error.ts";
import { IdleTimer } from "./idle.ts";
import { type InheritedSocket, listenInherited } from "./inherited.ts";
import type { ServerInterceptor } from "./interceptor.ts";
import { DEFAULT_CLOSE_TIMEOUT_MS, DEFAULT_MAX_IN_PROGRESS_BYTES, MAX_TIMER_MS } from "./limits.ts";
import {
  type ListenTransports,
  type Listener,
  type ListenerContext,
  type UdpListenOptions,
  listenLocal,
  listenPath,
  listenTcp,
  listenUdp,
} from "./listen.ts";
import { linger } from "./linger.ts";
import { type MessageLimits, messageLimits } from "./open-connection.ts";
import { checkServerOptions, checkWord } from "./option-checks.ts";
import { memoryTransports } from "./memory.ts";
import type { RpcProcedureId, RpcService } from "./procedure.ts";
import type { Portmap } from "./rpcbind/portmap.ts";
import type { ProcedureCounters, ServiceOptions } from "./router.ts";
import { ServedConnection } from "./served-connection.ts";
import { ServerShm, type ServerShmOptions } from "./server-shm.ts";
import { ServerTls } from "./server-tls.ts";
import { ByteBudget } from "./transport/byte-budget.ts";
import type { Registration } from "./rpcbind/register.ts";
import { register } from "./rpcbind/service-registration.ts";
import type { ServerTlsOptions } from "./transport/tls-options.ts";
import type { Transport } from "./transport/transport.ts";

/** What a server can be told. */
export interface ServerOptions extends MessageLimits {
  /** How strictly arguments are decoded. Default `tolerant`. */
  readonly xdr?: XdrStrictness;
  /** Connections at a time of each stream listener; more are closed at once. Default 1024. */
  readonly maxConnections?: number;
  /** Milliseconds that `close` waits for handlers that run. Default 5000. */
  readonly closeTimeoutMs?: number;
  /**
   * Milliseconds that `close` goes on serving open connections, until their clients close them: a call that is on its
   * way when the server stops to listen is then answered. Default 0.
   */
  readonly drainTimeoutMs?: number;
  /**
   * Milliseconds without a call after which the server closes by itself, so that a process that has nothing else to do
   * ends; counted from `listen` and from the last call, while none runs. 0: after its first call. Default `Infinity`.
   */
  readonly idleTimeoutMs?: number;
  /** Told of each handler that threw. Default: a process warning. */
  readonly onError?: HandlerErrorListener;
  /** Flavors of authentication beside AUTH_NONE and AUTH_SYS, or in their place. */
  readonly auth?: readonly ServerAuth[];
  /** Looks at each call before its arguments are decoded: `ctx.reject("AUTH_TOOWEAK")` refuses it. */
  readonly guard?: Guard;
  /** Functions around each handler, the first one outermost. Default none. */
  readonly interceptors?: readonly ServerInterceptor[];
  /**
   * What is remembered of calls over udp and tcp, so that none is run twice: bounds, or false for nothing. A service's
   * `idempotent` procedures are not remembered. Default: 65 536 calls of the last two minutes, and 16 MiB of replies.
   */
  readonly duplicateCache?: false | DuplicateCacheOptions;
  /** Handlers that run at a time, of all connections. Default `Infinity`. More calls wait, each connection's in turn. */
  readonly maxConcurrentCalls?: number;
  /**
   * Calls that wait where `maxConcurrentCalls` is set. Default 1024. When a connection has had its share, nothing more is read from it until
   * there is room; a datagram is dropped.
   */
  readonly maxQueuedCalls?: number;
  /** Milliseconds until `ctx.signal` of a call fires. Its handler is to give up then; whatever it answers is sent. Default `Infinity`. */
  readonly callTimeoutMs?: number;
  /** Milliseconds without a call until a client's connection is closed. Default `Infinity`: C's clients do not connect again by themselves. */
  readonly connectionIdleTimeoutMs?: number;
  /** Bytes of all records that have begun and not ended, of all connections. Default 64 MiB. Where a record would exceed them, the connection that holds the most of them ends. */
  readonly maxInProgressBytes?: number;
  /**
   * Bytes of each udp socket's buffer, in the system, for datagrams that wait to be read: what comes when it is full is lost. The system gives
   * no more than it allows (Linux's `net.core.rmem_max`). Default the system's: on Linux some 270 short calls.
   */
  readonly udpReceiveBufferBytes?: number;
  /**
   * TLS by RFC 9289, on tcp. `required` answers AUTH_TOOWEAK to each call in clear, over udp too; the UNIX socket, which does not
   * leave the host, stays open. Without a `mode` it is required. Default off: AUTH_TLS is answered as by libtirpc.
   */
  readonly tls?: ServerTlsOptions;
  /**
   * Whether clients on the UNIX socket may go on in shared memory, each with `maxConnections` of its own. Default true, where there is the native
   * addon and the system is Linux.
   */
  readonly shm?: boolean | ServerShmOptions;
}

/** Counts of a server, from its beginning. */
export interface ServerStats {
  /** Connections that are open, a udp socket counting as one. */
  readonly connections: number;
  /** Calls whose handlers have not ended. */
  readonly running: number;
  /** Calls that wait for their turn. */
  readonly queued: number;
  /** Datagrams for which there was no room. */
  readonly dropped: number;
  /** How often arguments were accepted that strict decoding rejects. */
  readonly tolerated: number;
  /** Calls that came again; undefined without a duplicate request cache. */
  readonly duplicates: Readonly<DuplicateCacheCounters> | undefined;
  /**
   * Calls that were answered without a handler, by what their callers were told: programs and procedures that there are not, credentials that were
   * rejected, NULL calls where no service declares them.
   */
  readonly answered: Readonly<Partial<Record<AnswerReason, number>>>;
  /** By procedure, in the order of the services. */
  readonly procedures: readonly ProcedureStats[];
}

export interface ProcedureStats extends Readonly<ProcedureCounters> {
  readonly procedure: RpcProcedureId;
}

/** Where a server listens, and whether it registers. */
export interface ListenOptions extends ListenTransports {
  /** Default for each Internet transport that names no host of its own. */
  readonly host?: string;
  /** Default for each Internet transport that names no port of its own. Default 0: each takes one that is free. */
  readonly port?: number;
  /** Whether and where to register. Default `auto`; in a worker of `node:cluster` `off`, for its primary registers. */
  readonly portmap?: Portmap;
  /** Takes the place of a live server that is registered for the same service. Default false. */
  readonly replace?: boolean;
}

/** An address that a server listens on. */
export interface BoundAddress {
  readonly netid: TransportName;
  /** Empty for `local`. */
  readonly host: string;
  /** 0 for `local`. */
  readonly port: number;
  /** Path of the UNIX socket; empty for others. */
  readonly path: string;
  /** For people: `0.0.0.0:2049`, `[::]:2049`, or the path. */
  readonly address: string;
  /** Universal address: what is registered. */
  readonly uaddr: string;
  /** Whether a portmapper knows it. */
  readonly registered: boolean;
}

/** Serves programs over any number of transports. */
export class RpcServer {
  readonly #options: ServerOptions;
  readonly #dispatcher: Dispatcher;
  readonly #connections = new Set<ServedConnection>();
  /** Connections that belong to someone else. */
  readonly #attached = new Map<ServedConnection, () => void>();
  /** Those whose clients send no more, and are answered still. */
  readonly #lingering = new Set<Transport>();
  readonly #budget: ByteBudget;
  readonly #duplicates: DuplicateCache | undefined;
  readonly #listeners: Listener[] = [];
  readonly #registrations: Registration[] = [];
  /** Calls of `listen` that are under way. */
  readonly #opening = new Set<Promise<unknown>>();
  readonly #idleTimer: IdleTimer;
  readonly #tls: ServerTls;
  readonly #shm: ServerShm;
  /** Calls of `listen` that register, or have registered. */
  #registering = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ServerOptions = {}) {
    checkServerOptions(options); // here, not at the first connection
    const { callTimeoutMs = Infinity } = options;
    this.#options = options;
    this.#tls = new ServerTls(options.tls);
    this.#budget = new ByteBudget(options.maxInProgressBytes ?? DEFAULT_MAX_IN_PROGRESS_BYTES);
    const { duplicateCache = {} } = options;
    this.#duplicates = duplicateCache === false ? undefined : new DuplicateCache(duplicateCache);
    this.#shm = new ServerShm(options.shm ?? true, {
      ...options,
      budget: this.#budget,
      accept: (transport) => void this.#accept(transport),
    });
    this.#dispatcher = new Dispatcher({
      onError: options.onError ?? warnOfHandler,
      strictness: options.xdr ?? "tolerant",
      auth: options.auth ?? [],
      guard: options.guard,
      interceptors: options.interceptors ?? [],
      duplicates: this.#duplicates,
      queue: options.maxConcurrentCalls === undefined ? undefined : new CallQueue(options),
      callTimeoutMs,
      tls: this.#tls,
      shm: this.#shm,
    });
    this.#idleTimer = new IdleTimer(options.idleTimeoutMs ?? Infinity, this.#dispatcher, () => void this.close());
  }

  /** How often arguments were accepted that strict decoding rejects. */
  get tolerated(): number {
    return this.#dispatcher.tolerated;
  }

  /** Connections that are open, a udp socket counting as one. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Adds one version of a program. Throws where that has been added already, and behind a `listen` that registers, which has registered what there
   * was: nobody would find it. With `portmap: "off"`, and on connections, programs may come at any time.
   */
  add(service: RpcService, options?: ServiceOptions): this {
    if (this.#registering > 0) {
      const { programName, version } = service;
      throw new Error(
        `${programName} version ${version} must be added before listen(), which registers what there is: ` +
          'add it earlier, or to another server, or listen with portmap: "off"',
      );
    }
    this.#dispatcher.router.add(service, options);
    return this;
  }

  /**
   * Other TLS options in the place of those before, such as a renewed certificate: connections from here on have them, those
   * that are open live on. The `mode` holds at once. Throws for certificates that are none, and then nothing changes.
   */
  setTls(options: ServerTlsOptions): this {
    this.#tls.set(options);
    return this;
  }

  /** Counts since the beginning. */
  stats(): ServerStats {
    const { running, queued, dropped, tolerated, answered, router } = this.#dispatcher;
    const procedures = router.routes.map(({ method, counters }) => ({ procedure: method.procedure, ...counters }));
    const duplicates = this.#duplicates && { ...this.#duplicates.counters };
    return {
      connections: this.#connections.size,
      running,
      queued,
      dropped,
      tolerated,
      duplicates,
      answered,
      procedures,
    };
  }

  /**
   * Answers calls that come in on a connection which this process has made, so that its server can call back. The connection
   * stays its owner's to close. Throws where it has a server already.
   */
  attach(connection: RpcConnection): this {
    this.#checkOpen();
    const detach = connection.serve((message, from, over) => {
      this.#receive(message, from, over, served);
    });
    const served = this.#served(connection);
    this.#attached.set(served, detach);
    return this;
  }

  /** A connection to this server within the process, without a socket: for tests of a service. It is the caller's to close. */
  connect(options?: ConnectionOptions): RpcConnection {
    this.#checkOpen();
    if (options !== undefined) checkConnectionOptions(options);
    const [near, far] = memoryTransports(messageLimits(this.#options).records.maxSentBytes);
    this.#accept(far);
    return new RpcConnection(near, options);
  }

  /**
   * Listens and registers, on tcp, udp and local unless the options say otherwise, and gives every address. Rejects
   * with `RPC_CANTLISTEN`, `RPC_PROGALREADYREGISTERED` or `RPC_RPCBFAILURE`, and then listens on nothing that it opened.
   */
  async listen(options: ListenOptions = {}): Promise<BoundAddress[]> {
    const open = (context: ListenerContext, opened: Listener[]): Promise<void> => this.#open(options, context, opened);
    return this.#opened(this.#listen(open, options));
  }

  /**
   * Serves a socket that another process has made, such as inetd, of which `inheritedSocket` tells what it is. Nothing
   * is registered: whoever has made the socket has done that. Where it is one connection, the server has no other, and
   * standard output and standard error may be that connection, too: nothing may be printed. Rejects with
   * `RPC_CANTLISTEN`; a udp socket at descriptor 0, 1 or 2 needs the native addon.
   */
  async listenOn(socket: InheritedSocket): Promise<BoundAddress> {
    const open = async (context: ListenerContext, opened: Listener[]): Promise<void> => {
      opened.push(await listenInherited(socket, context));
    };
    const [address] = await this.#opened(this.#listen(open, { portmap: "off" }));
    return address as BoundAddress; // there is one where it did not reject
  }

  async #opened(opening: Promise<BoundAddress[]>): Promise<BoundAddress[]> {
    this.#opening.add(opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(opening);
    }
  }

  async #listen(
    open: (context: ListenerContext, opened: Listener[]) => Promise<void>,
    options: Pick<ListenOptions, "portmap" | "replace">,
  ): Promise<BoundAddress[]> {
    this.#checkOpen();
    const { portmap = isClusterWorker() ? "off" : "auto", replace = false } = options;
    if (typeof portmap !== "object") checkWord("portmap", portmap, ["auto", "required", "off"]);
    const registers = portmap === "off" ? 0 : 1;
    this.#registering += registers;
    const opened: Listener[] = [];
    let registration: Registration | undefined;
    const accepted = new Set<RpcConnection>();
    try {
      await open(this.#context(accepted), opened);
      this.#checkOpen();
      const addresses = opened.map(({ address }) => address);
      // Of what no portmapper can know, none is asked.
      if (addresses.length === 0 || addresses.some(isRegistrable)) {
        registration = await register(this.#dispatcher.services, addresses, { portmap, replace });
      }
      this.#checkOpen(); // it may have been closed meanwhile
    } catch (error) {
      this.#registering -= registers;
      await registration?.remove();
      await Promise.all([...opened.map((listener) => listener.stop()), ...[...accepted].map((each) => each.close())]);
      throw error;
    }
    this.#listeners.push(...opened);
    for (const { ended } of opened) void ended?.then(() => this.close());
    if (registration !== undefined) this.#registrations.push(registration);
    this.#idleTimer.start();
    return opened.map(({ address: bound }) => {
      const { netid, host, port, path, address, uaddr } = bound;
      return { netid, host, port, path, address, uaddr, registered: registration?.has(bound) ?? false };
    });
  }

  /**
   * Unregisters, takes no more connections, serves the open ones for `drainTimeoutMs`, lets handlers finish for
   * `closeTimeoutMs`, and closes what is open. Idempotent.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new RpcError("RPC_CLOSED", "the server has been closed");
  }

  #context(accepted: Set<RpcConnection>): ListenerContext {
    return {
      ...this.#options,
      budget: this.#budget,
      accept: (transport) => {
        const connection = this.#accept(transport);
        accepted.add(connection);
        void connection.closed.then(() => accepted.delete(connection));
      },
    };
  }

  async #open(options: ListenOptions, context: ListenerContext, opened: Listener[]): Promise<void> {
    const inet = (own: boolean | UdpListenOptions): UdpListenOptions => ({
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(typeof own === "object" ? own : {}),
    });
    const { tcp = true, udp = true, tcp6 = false, udp6 = false, local = true } = options;
    const portOf = (netid: TransportName): number | undefined =>
      opened.find(({ address }) => address.netid === netid)?.address.port;
    if (tcp !== false) opened.push(await listenTcp("tcp", inet(tcp), context));
    if (udp !== false) opened.push(await listenUdp("udp", inet(udp), context, portOf("tcp")));
    if (tcp6 !== false) opened.push(await listenTcp("tcp6", inet(tcp6), context));
    if (udp6 !== false) opened.push(await listenUdp("udp6", inet(udp6), context, portOf("tcp6")));
    const program = this.#dispatcher.services[0]?.program ?? 0;
    if (local !== false) opened.push(await listenLocal(local === true ? {} : local, program, context));
    for (const name of PATH_TRANSPORTS) {
      const own = options[name];
      if (own !== undefined) opened.push(await listenPath(name, own, context));
    }
  }

  #accept(transport: Transport): RpcConnection {
    transport.keepHalfOpen?.();
    const connection: RpcConnection = new RpcConnection(transport, {}, (message, from, over) => {
      this.#receive(message, from, over, served);
    });
    const served = this.#served(connection, transport);
    this.#connections.add(served);
    return connection;
  }

  /** @param transport where it is the server's own */
  #served(connection: RpcConnection, transport?: Transport): ServedConnection {
    // A udp socket closes with the server, and a connection that it is only attached to is its owner's.
    const isClients = transport !== undefined && connection.peer !== undefined;
    const served = new ServedConnection(
      connection,
      isClients ? (this.#options.connectionIdleTimeoutMs ?? Infinity) : Infinity,
      () => transport?.isMoving === true,
    );
    void connection.closed.then(() => {
      served.gone();
      this.#connections.delete(served);
      this.#attached.delete(served);
      if (transport !== undefined) void this.#linger(served, transport);
    });
    return served;
  }

  async #linger(served: ServedConnection, transport: Transport): Promise<void> {
    this.#lingering.add(transport);
    await linger(served, transport, messageLimits(this.#options).stallTimeoutMs);
    this.#lingering.delete(transport);
  }

  #receive(message: Uint8Array, from: RpcAddress, over: Transport, served: ServedConnection): void {
    served.touch();
    this.#dispatcher.dispatch(message, from, over, served);
    if (!isShmQuestion(message)) this.#idleTimer.touch();
  }

  async #close(): Promise<void> {
    this.#idleTimer.stop();
    await Promise.allSettled(this.#opening); // each ends as soon as it sees that this closes
    await Promise.all(this.#registrations.map((registration) => registration.remove()));
    this.#shm.close();
    const stopped = this.#listeners.map((listener) => listener.stop());
    await drained(
      [...this.#connections].map(({ connection }) => connection),
      this.#options.drainTimeoutMs ?? 0,
    );
    await this.#idle();
    for (const served of [...this.#connections, ...this.#attached.keys()]) served.abort(new Error("the server closes"));
    for (const detach of this.#attached.values()) detach();
    await Promise.all([...this.#connections].map(({ connection }) => connection.close()));
    await Promise.all([...this.#lingering].map((transport) => transport.close()));
    await Promise.all(stopped);
  }

  async #idle(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(this.#options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS, MAX_TIMER_MS));
    });
    await Promise.race([this.#dispatcher.idle(), late]);
    clearTimeout(timer);
  }
}

const warnOfHandler: HandlerErrorListener = (error, { procedure }) => {
  const detail = error instanceof Error ? error.stack : String(error);
  process.emitWarning(
    `the handler of ${procedure.programName} ${procedure.name} failed; its caller was told SYSTEM_ERR`,
    {
      code: "TSRPC_HANDLER_FAILED",
      ...(detail === undefined ? {} : { detail }),
    },
  );
};
