/** The server's end of each transport. */
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createSocket } from "node:dgram";
import { type Server, createServer } from "node:net";
import { type Netid, RpcAddress } from "./address.ts";
import { RpcError, reason } from "./error.ts";
import { DEFAULT_MAX_CONNECTIONS, DEFAULT_SOCKET_MODE } from "./limits.ts";
import { claimSocketPath, newSocketPath } from "./local-socket.ts";
import { type MessageLimits, messageLimits, streamOptions } from "./open-connection.ts";
import type { ByteBudget } from "./transport/byte-budget.ts";
import { type MulticastGroup, joinGroups } from "./multicast.ts";
import { DatagramTransport } from "./transport/datagram.ts";
import { StreamTransport } from "./transport/stream.ts";
import type { Transport } from "./transport/transport.ts";

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
}

/** Where a server listens on this host. */
export interface LocalListenOptions {
  /** Path of the UNIX socket. Default a new one in `$XDG_RUNTIME_DIR/tsrpcgen`, else in `/tmp/tsrpcgen-UID`. */
  readonly path?: string;
  /** Mode of the socket: who may write to it may call. Default `0o600`, this user alone. */
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
}

/** Something that listens. */
export interface Listener {
  readonly address: RpcAddress;
  /** No new connections from here on; those that are open live on. */
  stop(): Promise<void>;
}

/** What a listener is made with. */
export interface ListenerContext extends MessageLimits {
  /** Connections at a time of each stream listener. */
  readonly maxConnections?: number;
  /** Of the records in progress of all its connections. */
  readonly budget?: ByteBudget;
  /** Takes each new transport. */
  readonly accept: (transport: Transport) => void;
}

const WILDCARDS = { tcp: "0.0.0.0", udp: "0.0.0.0", tcp6: "::", udp6: "::" } as const;

/** Listens on tcp or tcp6. Rejects with `RPC_CANTLISTEN`. */
export async function listenTcp(
  netid: "tcp" | "tcp6",
  { host = WILDCARDS[netid], port = 0 }: InetListenOptions,
  context: ListenerContext,
): Promise<Listener> {
  const server = streamServer(netid, context, undefined);
  await bound(server, RpcAddress.inet(netid, host, port), () => {
    server.listen({ host, port, ipv6Only: netid === "tcp6" });
  });
  const at = server.address() as { address: string; port: number };
  return { address: RpcAddress.inet(netid, at.address, at.port), stop: () => stop(server) };
}

/** Listens on a UNIX stream socket. `program` is for the name of a new path. Rejects with `RPC_CANTLISTEN`. */
export async function listenLocal(
  { path, mode = DEFAULT_SOCKET_MODE }: LocalListenOptions,
  program: number,
  context: ListenerContext,
): Promise<Listener> {
  const at = path ?? (await newSocketPath(program));
  await claimSocketPath(at);
  const server = streamServer("local", context, at);
  await bound(server, RpcAddress.local(at), () => {
    server.listen({ path: at });
    // It is bound by now, except in a cluster's worker, and nobody can have connected yet.
    if (server.listening) chmodSync(at, mode);
  });
  chmodSync(at, mode);
  return { address: RpcAddress.local(at), stop: () => stop(server) };
}

/** Binds a udp or udp6 socket, which is one transport for all peers. Rejects with `RPC_CANTLISTEN`. */
export async function listenUdp(
  netid: "udp" | "udp6",
  { host = WILDCARDS[netid], port = 0, multicast = [] }: UdpListenOptions,
  context: ListenerContext,
): Promise<Listener> {
  const socket = createSocket({ type: netid === "udp" ? "udp4" : "udp6", ipv6Only: netid === "udp6" });
  try {
    // `bind` would cut a larger number to 16 bits, and so listen where nobody said.
    if (!(Number.isInteger(port) && port >= 0 && port <= 0xffff)) throw new RangeError(`${port} is no port`);
    socket.bind({ address: host, port, exclusive: true });
    await once(socket, "listening");
    joinGroups(socket, netid, multicast);
  } catch (cause) {
    socket.close();
    throw cantListen(RpcAddress.inet(netid, host, port), cause);
  }
  const transport = new DatagramTransport(socket, netid, messageLimits(context).maxUdpBytes, undefined);
  context.accept(transport);
  // The socket is the connection: it closes with the connections, after the last reply.
  return { address: transport.local, stop: () => Promise.resolve() };
}

/** A server of stream sockets, not yet listening. `path` is that of its UNIX socket. */
export function streamServer(netid: Netid, context: ListenerContext, path: string | undefined): Server {
  const { maxConnections = DEFAULT_MAX_CONNECTIONS, budget } = context;
  const options = { ...streamOptions(context, budget), end: "accepted", path } as const;
  const transports = new Set<StreamTransport>();
  return createServer((socket) => {
    // Reset before it was accepted: it has no address any more, and nobody waits for an answer.
    if (netid !== "local" && socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    if (transports.size >= maxConnections) {
      // Who has connected and never called gives way, the oldest first: idle connections alone keep nobody out.
      const unused = first(transports, ({ isUnused }) => isUnused);
      if (unused === undefined) {
        socket.destroy();
        return;
      }
      transports.delete(unused);
      unused.destroy(new Error("the server has no room for a connection that calls nothing"));
    }
    const transport = new StreamTransport(socket, netid, options);
    transports.add(transport);
    socket.once("close", () => transports.delete(transport));
    context.accept(transport);
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
      resolve();
    });
  });
}

function cantListen(address: RpcAddress, cause: unknown): RpcError {
  return new RpcError("RPC_CANTLISTEN", `can't listen: ${reason(cause)}`, { peer: address, cause });
}

function first<T>(all: Iterable<T>, test: (each: T) => boolean): T | undefined {
  for (const each of all) if (test(each)) return each;
  return undefined;
}
