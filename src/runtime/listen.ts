/** The server's end of each transport. */
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { type PathTransport, RpcAddress } from "./address.ts";
import { handleClosed } from "./closed-handle.ts";
import { isClusterWorker } from "./cluster.ts";
import { RpcError, reason, systemCode } from "./error.ts";
import { resolveOwn } from "./host.ts";
import { DEFAULT_SOCKET_MODE } from "./limits.ts";
import { type AcceptContext, AcceptedStreams } from "./accepted-streams.ts";
import { type MessageLimits, messageLimits, streamOptions } from "./open-connection.ts";
import type { ByteBudget } from "./transport/byte-budget.ts";
import { type MulticastGroup, joinGroups } from "./multicast.ts";
import { checkSocketPath, claimSocketPath, freeSocketPath, newSocketPath } from "./local-socket.ts";
import { whyNoPrimitives } from "./transport/native.ts";
import { readAccepted } from "./transport/placed-reads.ts";
import { StreamTransport } from "./transport/stream.ts";
import type { Transport } from "./transport/transport.ts";
import { type BoundUdp, bindUdp, widenReceiveBuffer } from "./udp-socket.ts";

/** Where a server listens on one of the Internet's transports. */
export interface InetListenOptions {
  /** Address to bind. Default all of this host's, of the transport's family. */
  readonly host?: string;
  /** Default 0: one that is free. */
  readonly port?: number;
}

/** Where a server listens on udp or udp6. */
export interface UdpListenOptions extends InetListenOptions {
  /**
   * Multicast groups to join, so that `broadcast` reaches the server by them: a group alone (`ff02::202%eth0` with its
   * interface), or with its interface. Of a host with several networks, name each interface.
   */
  readonly multicast?: readonly (string | MulticastGroup)[];
  /**
   * By SO_REUSEPORT several processes of one user bind the same port, each with this option, the first one too, and the
   * kernel gives each client's address and port to one of them. Needs Node 22.12, 23.1 or the native addon, and Linux or
   * FreeBSD. Default: true in a worker of `node:cluster`, where a port of 0 is then that of tcp; else false.
   */
  readonly reusePort?: boolean;
}

/** Where a server listens on this host. */
export interface LocalListenOptions {
  /** Path of the UNIX socket. Default a new one in `$XDG_RUNTIME_DIR/tsrpcgen`, else in `/tmp/tsrpcgen-UID`. */
  readonly path?: string;
  /** Mode of the socket: who may write to it may call. Default `0o600`, this user alone. */
  readonly mode?: number;
}

/** Where a server listens on a transport of this host that no portmapper knows: each client is told the path. */
export interface PathListenOptions {
  /** Path of the name that the server makes, and removes. A dead server's is reclaimed. */
  readonly path: string;
  /** Whoever may write by it may call. Default `0o600`, this user alone. */
  readonly mode?: number;
}

/** The transports that a server listens on: `true` for the defaults, `false` to leave one out. */
export interface ListenTransports {
  /** Default true. */
  readonly tcp?: boolean | InetListenOptions;
  /** Default true. */
  readonly udp?: boolean | UdpListenOptions;
  /** Default false. IPv6 alone: `tcp` serves IPv4. */
  readonly tcp6?: boolean | InetListenOptions;
  /** Default false. IPv6 alone: `udp` serves IPv4. */
  readonly udp6?: boolean | UdpListenOptions;
  /** Default true: the UNIX stream socket. */
  readonly local?: boolean | LocalListenOptions;
  /** Default none. Two System V message queues, to which the file at the path leads. Needs Linux and the native addon. */
  readonly sysvmq?: PathListenOptions;
  /**
   * Default none. A FIFO at the path for requests; beside it a folder, `PATH.clients`, in which each client makes one for its replies. Needs Linux
   * and the native addon.
   */
  readonly fifo?: PathListenOptions;
  /** Default none. A UNIX datagram socket at the path: each message is a datagram, of at most 64 KiB. Needs Linux and the native addon. */
  readonly "local-dgram"?: PathListenOptions;
}

/** Something that listens. */
export interface Listener {
  readonly address: RpcAddress;
  /** No new connections from here on; those that are open live on. */
  stop(): Promise<void>;
  /** Resolves when there is nothing left to listen to, and the server is to close. */
  readonly ended?: Promise<void>;
}

/** What a listener is made with. */
export interface ListenerContext extends MessageLimits {
  /** Connections at a time of each stream listener. */
  readonly maxConnections?: number;
  /** Of the records in progress of all its connections. */
  readonly budget?: ByteBudget;
  /** Bytes of the buffer of each udp socket in the system. */
  readonly udpReceiveBufferBytes?: number;
  /** Takes each new transport. */
  readonly accept: (transport: Transport) => void;
}

const NO_COMMON_PORT =
  "the workers of a cluster have no udp port in common: say the port, or listen on tcp too, whose port udp takes; " +
  "reusePort: false gives this worker a port of its own";

const WILDCARDS = { tcp: "0.0.0.0", udp: "0.0.0.0", tcp6: "::", udp6: "::" } as const;

/** Listens on tcp or tcp6. Rejects with `RPC_CANTLISTEN`. */
export async function listenTcp(
  netid: "tcp" | "tcp6",
  { host = WILDCARDS[netid], port = 0 }: InetListenOptions,
  context: ListenerContext,
): Promise<Listener> {
  const own = await ownAddress(netid, host, port);
  const server = streamServer(netid, context, undefined);
  await bound(server, RpcAddress.inet(netid, host, port), () => {
    server.listen({ host: own, port, ipv6Only: netid === "tcp6" });
  });
  const at = server.address() as { address: string; port: number };
  return { address: RpcAddress.inet(netid, at.address, at.port), stop: () => stop(server) };
}

async function ownAddress(netid: "tcp" | "tcp6", host: string, port: number): Promise<string> {
  try {
    return await resolveOwn(host, netid);
  } catch (cause) {
    throw cantListen(RpcAddress.inet(netid, host, port), cause);
  }
}

/** Listens on a UNIX stream socket. `program` is for the name of a new path. Rejects with `RPC_CANTLISTEN`. */
export async function listenLocal(
  { path, mode = DEFAULT_SOCKET_MODE }: LocalListenOptions,
  program: number,
  context: ListenerContext,
): Promise<Listener> {
  const at = path ?? (await newSocketPath(program));
  const server = await boundLocal(at, mode, context);
  return { address: RpcAddress.local(at), stop: () => stop(server) };
}

async function boundLocal(path: string, mode: number, context: ListenerContext): Promise<Server> {
  const listen = async (): Promise<Server> => {
    const server = streamServer("local", context, path);
    await bound(server, RpcAddress.local(path), () => {
      server.listen({ path });
      // It is bound by now, except in a cluster's worker, and nobody can have connected yet.
      if (server.listening) chmodSync(path, mode);
    });
    chmodSync(path, mode);
    return server;
  };
  if (!isClusterWorker()) {
    await claimSocketPath(path);
    return listen();
  }
  // A live socket may be that of the other workers: only the primary knows, which binds it.
  checkSocketPath(path);
  try {
    return await listen();
  } catch (error) {
    if (systemCode((error as Error).cause) !== "EADDRINUSE") throw error;
    await freeSocketPath(path);
    return listen();
  }
}

type ListenPath = (options: PathListenOptions, context: AcceptContext) => Listener | Promise<Listener>;

/** The listeners of this host's other transports, each loaded where it is asked for. */
const PATH_LISTENERS: Readonly<Record<PathTransport, () => Promise<ListenPath>>> = {
  sysvmq: async () => (await import("./transport/sysvmq/sysvmq.ts")).listenSysvmq,
  fifo: async () => (await import("./transport/fifo/fifo.ts")).listenFifo,
  "local-dgram": async () => (await import("./transport/local-dgram/local-dgram.ts")).listenLocalDatagram,
};

/** Listens on one of this host's transports that no portmapper knows. Rejects with `RPC_CANTLISTEN`. */
export async function listenPath(
  transport: PathTransport,
  options: PathListenOptions,
  context: ListenerContext,
): Promise<Listener> {
  const address = RpcAddress.sameHost(transport, options.path);
  const missing = whyNoPrimitives();
  if (missing !== undefined) throw cantListen(address, new Error(missing));
  try {
    const listen = await PATH_LISTENERS[transport]();
    return await listen(options, acceptContext(context));
  } catch (cause) {
    throw cause instanceof RpcError ? cause : cantListen(address, cause);
  }
}

/**
 * Binds a udp or udp6 socket, which is one transport for all peers. Rejects with `RPC_CANTLISTEN`.
 * @param tcpPort what a worker of a cluster takes for port 0: all workers have the same tcp port; 0 for none
 */
export async function listenUdp(
  netid: "udp" | "udp6",
  { host = WILDCARDS[netid], port = 0, reusePort, multicast = [] }: UdpListenOptions,
  context: ListenerContext,
  tcpPort = 0,
): Promise<Listener> {
  const shared = reusePort ?? isClusterWorker();
  const at = port === 0 && shared && isClusterWorker() ? tcpPort : port;
  let socket: BoundUdp;
  try {
    if (at === 0 && shared && reusePort === undefined) throw new Error(NO_COMMON_PORT);
    socket = await bindUdp(netid, { host: await resolveOwn(host, netid), port: at, reusePort: shared });
  } catch (cause) {
    throw cantListen(RpcAddress.inet(netid, host, at), cause);
  }
  try {
    return serveUdp(socket, netid, multicast, context);
  } catch (cause) {
    socket.close();
    throw cantListen(RpcAddress.inet(netid, host, at), cause);
  }
}

/** Serves a bound udp socket, which is the caller's still where it throws. */
export function serveUdp(
  socket: BoundUdp,
  netid: "udp" | "udp6",
  multicast: readonly (string | MulticastGroup)[],
  context: ListenerContext,
): Listener {
  widenReceiveBuffer(socket, context.udpReceiveBufferBytes);
  const joinNoMore = joinGroups(socket, netid, multicast);
  const transport = socket.serve(messageLimits(context).maxUdpBytes);
  context.accept(transport);
  return {
    address: transport.local,
    // The socket is the connection: it closes with the connections, after the last reply.
    stop: () => {
      joinNoMore();
      return Promise.resolve();
    },
  };
}

function acceptContext(context: ListenerContext): AcceptContext {
  const { accept, maxConnections, budget } = context;
  return {
    accept,
    streams: streamOptions(context, budget),
    ...(maxConnections === undefined ? {} : { maxConnections }),
  };
}

/** A server of stream sockets, not yet listening. `path` is that of its UNIX socket. */
export function streamServer(
  netid: "tcp" | "tcp6" | "local",
  context: ListenerContext,
  path: string | undefined,
): Server {
  const streams = new AcceptedStreams(acceptContext(context), path);
  return createServer({ pauseOnConnect: true }, (accepted) => {
    // Reset before it was accepted: it has no address any more, and nobody waits for an answer.
    if (netid !== "local" && accepted.remoteAddress === undefined) {
      accepted.destroy();
      return;
    }
    const { socket, reads } = readAccepted(accepted);
    streams.take(socket, (options) => new StreamTransport(socket, netid, { ...options, reads }));
  });
}

/** Resolves when `server` listens, which `listen` begins. Rejects with `RPC_CANTLISTEN`. */
export async function bound(server: Server, address: RpcAddress, listen: () => void): Promise<void> {
  try {
    listen();
    await once(server, "listening");
  } catch (cause) {
    server.close();
    throw cantListen(address, cause);
  }
  // A failed accept (no descriptors left) is that client's loss, and no reason to end the process.
  server.on("error", (error) => {
    process.emitWarning(`a connection to ${String(address)} was not accepted: ${error.message}`, {
      code: "TSRPC_ACCEPT_FAILED",
    });
  });
}

/** No new connections; resolves when the last has ended. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The callback waits for the connections, which are closed by whoever accepted them.
    server.close(() => {
      resolve(handleClosed());
    });
  });
}

function cantListen(address: RpcAddress, cause: unknown): RpcError {
  return new RpcError("RPC_CANTLISTEN", `can't listen: ${reason(cause)}`, { peer: address, cause });
}
