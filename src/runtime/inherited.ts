/** Sockets that another process has made: inetd, a superserver, a parent. */
import { closeSync, readFileSync, readlinkSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import { type Netid, RpcAddress, type TransportName } from "./address.ts";
import { RpcError, reason } from "./error.ts";
import { type Listener, type ListenerContext, bound, serveUdp, stop, streamServer } from "./listen.ts";
import type { MulticastGroup } from "./multicast.ts";
import { streamOptions } from "./open-connection.ts";
import { duplicateDescriptor } from "./transport/native.ts";
import { PlacedReads } from "./transport/placed-reads.ts";
import { StreamTransport } from "./transport/stream.ts";
import { type BoundUdp, adoptUdp } from "./udp-socket.ts";

/** An open descriptor that is a socket, for `RpcServer.listenOn`. */
export interface InheritedSocket {
  /** The descriptor: 0 where inetd has started the process. */
  readonly fd: number;
  /** `pipe`: a pair of sockets, of which the parent has the other one. */
  readonly netid: Netid | "pipe";
  /** True for a socket that listens, and for one of udp: inetd's `wait`. False for one connection: inetd's `nowait`. */
  readonly listening: boolean;
  /** Path of a UNIX socket. Default: it has none. */
  readonly path?: string;
  /** Multicast groups for a socket of udp or udp6 to join, as `multicast` of `listen`. Default none. */
  readonly multicast?: readonly (string | MulticastGroup)[];
  /** Of one connection: whether the server closes when it has ended. Default false. */
  readonly closesServer?: boolean;
}

/** What stdin, stdout and stderr have. libuv lets none of them be closed, and ends the process where a udp socket is. */
const LAST_STANDARD_DESCRIPTOR = 2;

/**
 * What a descriptor is, by the kernel's word: undefined where it is no socket of these transports. So a server finds out
 * whether inetd has started it. A socket without a name, such as the stdin that a parent made by Node's `spawn`, is not
 * taken for one of inetd's. Linux alone: on other systems it is always undefined, and the caller has to know. Never throws.
 * @param fd default 0
 */
export function inheritedSocket(fd = 0): InheritedSocket | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    return inode === undefined ? undefined : (unixSocket(fd, inode) ?? inetSocket(fd, inode));
  } catch {
    return undefined; // no descriptor, or no such /proc
  }
}

/** Rows of a table of the kernel's that belong to a socket, split into their fields. */
function rows(table: string, inode: string, column: number): string[][] {
  let text: string;
  try {
    text = readFileSync(`/proc/self/net/${table}`, "utf8");
  } catch {
    return []; // a kernel without IPv6
  }
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[column] === inode);
}

function inetSocket(fd: number, inode: string): InheritedSocket | undefined {
  for (const netid of ["tcp", "tcp6", "udp", "udp6"] as const) {
    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
    const [row] = rows(netid, inode, 9);
    // State 0A is TCP_LISTEN. A udp socket is served as a whole, connected or not.
    if (row !== undefined) return { fd, netid, listening: netid.startsWith("udp") || row[3] === "0A" };
  }
  return undefined;
}

function unixSocket(fd: number, inode: string): InheritedSocket | undefined {
  // Num RefCount Protocol Flags Type St Inode Path: type 1 is a stream, flag 0x10000 (__SO_ACCEPTCON) one that listens.
  const [row] = rows("unix", inode, 6);
  const path = row?.slice(7).join(" ") ?? "";
  if (row?.[4] !== "0001" || path === "") return undefined;
  return { fd, netid: "local", listening: (parseInt(row[3] ?? "", 16) & 0x1_0000) !== 0, path };
}

/** Serves an inherited socket. Rejects with `RPC_CANTLISTEN`. */
export async function listenInherited(socket: InheritedSocket, context: ListenerContext): Promise<Listener> {
  const { netid } = socket;
  if (netid === "udp" || netid === "udp6") return inheritUdp(socket, netid, context);
  if (netid === "pipe" || !socket.listening) return inheritConnection(socket, netid, context);
  return inheritListener(socket, netid, context);
}

async function inheritListener(
  { fd, path = "" }: InheritedSocket,
  netid: "tcp" | "tcp6" | "local",
  context: ListenerContext,
): Promise<Listener> {
  const server = streamServer(netid, context, path);
  const unbound = netid === "local" ? RpcAddress.local(path) : RpcAddress.inet(netid, "0.0.0.0", 0);
  await bound(server, unbound, () => {
    server.listen({ fd });
  });
  const at = server.address();
  const address =
    netid === "local" || at === null || typeof at === "string" ? unbound : RpcAddress.inet(netid, at.address, at.port);
  return { address, stop: () => stop(server) };
}

/** The connection is all that there is: nothing listens, and the process can end with it. */
function inheritConnection(
  { fd, path = "", closesServer = false }: InheritedSocket,
  netid: "tcp" | "tcp6" | "local" | "pipe",
  context: ListenerContext,
): Listener {
  let socket: Socket;
  const reads = new PlacedReads();
  try {
    socket = new Socket({ fd, readable: true, writable: true, onread: reads.onread } as SocketConstructorOpts);
  } catch (cause) {
    throw cantInherit(fd, netid, cause);
  }
  const transport = new StreamTransport(socket, netid, {
    ...streamOptions(context, context.budget),
    end: "accepted",
    reads,
    path,
  });
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => { resolve(); }); // prettier-ignore
  });
  context.accept(transport);
  return { address: transport.local, stop: () => Promise.resolve(), ...(closesServer ? { ended } : {}) };
}

async function inheritUdp(
  { fd, multicast = [] }: InheritedSocket,
  type: "udp" | "udp6",
  context: ListenerContext,
): Promise<Listener> {
  const own = fd > LAST_STANDARD_DESCRIPTOR ? fd : duplicate(fd, type);
  let socket: BoundUdp;
  try {
    socket = await adoptUdp(type, own);
  } catch (cause) {
    if (own !== fd) closeSync(own);
    throw cantInherit(fd, type, cause);
  }
  try {
    return serveUdp(socket, type, multicast, context);
  } catch (cause) {
    socket.close();
    throw cantInherit(fd, type, cause);
  }
}

function duplicate(fd: number, netid: Netid): number {
  let copy: number | undefined;
  try {
    copy = duplicateDescriptor(fd);
  } catch (cause) {
    throw cantInherit(fd, netid, cause);
  }
  if (copy !== undefined) return copy;
  const why = `Node serves no ${netid} socket at a standard descriptor, and the native addon, which would move it, is missing`;
  throw cantInherit(fd, netid, new Error(`${why}: hand it over as descriptor 3 (sh: 3<&0 0</dev/null)`));
}

function cantInherit(fd: number, netid: TransportName, cause: unknown): RpcError {
  return new RpcError("RPC_CANTLISTEN", `can't serve descriptor ${fd} as ${netid}: ${reason(cause)}`, { cause });
}
