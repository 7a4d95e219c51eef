/** The transports, each as a row of the table over which the conformance cases run. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { Socket } from "node:net";
import { delimiter, join } from "node:path";
import {
  type BoundAddress,
  type ConnectOptions,
  type ListenOptions,
  RpcConnection,
  RpcServer,
  type RpcService,
  type ServerOptions,
  connect,
} from "../../../src/runtime/index.ts";
import type { PathTransport } from "../../../src/runtime/address.ts";
import { socketpair } from "../../../src/ipc/index.ts";
import { streamOptions } from "../../../src/runtime/open-connection.ts";
import { StreamTransport } from "../../../src/runtime/transport/stream.ts";
import { whyNoAddon } from "../../native/addon.ts";
import { SERVICE, connectTo } from "../support.ts";
import { type Pki, makePki } from "../tls-support.ts";
import { rawShmClient, rawShmServer } from "./raw-shm.ts";
import { type RawClient, type RawServer, rawClient, rawServer } from "./raw.ts";

/** What a transport may or may not be able to do. */
export type Capability =
  /** Messages that are not ours can be put on it, by either end. */
  | "raw"
  /** Each end sees that the other one has gone. */
  | "ends"
  /** A server that was closed can be started again at the same address. */
  | "restarts"
  /** Who does not read is read no further. */
  | "backpressure"
  /** A message that is longer than its receiver takes ends the connection. */
  | "receive-limit"
  /** The server can call its client. */
  | "both-ways";

/** One transport. A new transport is a new row. */
export interface TransportRow {
  readonly name: string;
  /** What it can't do, and why. */
  readonly cannot: Partial<Readonly<Record<Capability, string>>>;
  /** Bytes of a message that is huge for it. */
  readonly hugeBytes: number;
  /** Why this host does not have it; undefined where it does. */
  readonly missing?: string | undefined;
  /** The option that bounds its messages. */
  limit(bytes: number): { readonly maxRecordBytes?: number; readonly maxUdpBytes?: number };
  serve(service: RpcService, options?: ServerOptions): Promise<Served>;
  /** A server that sends what the test says: of rows that can do `raw`. */
  rawServer(): Promise<RawServer>;
}

/** A server on one transport, and the ways to it. */
export interface Served {
  readonly server: RpcServer;
  /** Connections that the server has while no client is there: a udp socket is one. */
  readonly idleConnections: number;
  readonly connect: (options?: ConnectOptions) => Promise<RpcConnection>;
  /** A client that speaks in bytes: of rows that can do `raw`. */
  readonly raw: () => Promise<RawClient>;
  /** Another server, at the same address: of rows that can do `restarts`. */
  readonly again: (service: RpcService, options?: ServerOptions) => Promise<Served>;
}

type SocketNetid = "tcp" | "udp" | "tcp6" | "udp6" | "local";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === "::1");

function socketRow(
  netid: SocketNetid,
  row: Omit<TransportRow, "name" | "missing" | "serve" | "rawServer">,
): TransportRow {
  const is6 = netid.endsWith("6");
  const host = is6 ? "::1" : "127.0.0.1";
  const only: ListenOptions = { host, tcp: false, udp: false, local: false, portmap: "off" };
  const serve = async (service: RpcService, at: ListenOptions, options?: ServerOptions): Promise<Served> => {
    const server = new RpcServer(options).add(service);
    const [bound] = (await server.listen(at)) as [BoundAddress];
    const place = netid === "local" ? { path: bound.path } : { port: bound.port };
    return {
      server,
      idleConnections: netid.startsWith("udp") ? 1 : 0,
      connect: (own = {}) => connect(SERVICE, { ...connectTo(bound), ...own }),
      raw: () => rawClient(bound),
      again: (next, of) => serve(next, { ...only, [netid]: place }, of),
    };
  };
  return {
    name: netid,
    missing: is6 && !hasIpv6 ? "this host has no ::1" : undefined,
    ...row,
    serve: (service, options) => serve(service, { ...only, [netid]: true }, options),
    rawServer: () => rawServer(netid),
  };
}

const STREAM = {
  cannot: {},
  hugeBytes: 4 * 1024 * 1024,
  limit: (maxRecordBytes: number) => ({ maxRecordBytes }),
};

const DATAGRAMS = {
  cannot: {
    ends: "datagrams have no connection: who has gone is merely silent",
    backpressure: "the system drops what is not read",
    "receive-limit": "what the network delivers is received; only what is sent is bounded",
    "both-ways": "a server's socket has many peers: what would call back needs a socket of its own",
  },
  hugeBytes: 65_504,
  limit: (maxUdpBytes: number) => ({ maxUdpBytes }),
};

/** One of this host's transports that no portmapper knows. Its path lies in a folder of its own. */
function pathRow(
  name: PathTransport,
  row: Omit<TransportRow, "name" | "missing" | "serve" | "rawServer">,
): TransportRow {
  const serve = async (path: string, service: RpcService, options?: ServerOptions): Promise<Served> => {
    const server = new RpcServer(options).add(service);
    const [bound] = (await server.listen({ tcp: false, udp: false, local: false, [name]: { path }, portmap: "off" })) as [BoundAddress]; // prettier-ignore
    return {
      server,
      idleConnections: 0,
      connect: (own = {}) => connect(SERVICE, { ...connectTo(bound), ...own }),
      raw: () => rawClient(bound),
      again: (next, of) => serve(path, next, of),
    };
  };
  const folders: string[] = [];
  process.once("exit", () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return {
    name,
    missing: process.platform === "linux" ? whyNoAddon() : "written for Linux",
    ...row,
    serve: (service, options) => {
      const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-row-"));
      folders.push(folder);
      return serve(join(folder, "s"), service, options);
    },
    rawServer: () => rawServer(name),
  };
}

/** The stream that a parent and its child have: here both ends are in one process, as many as are asked for. */
const PIPE: TransportRow = {
  name: "pipe",
  cannot: {
    raw: "its bytes are those of local, and there is no address to connect to",
    restarts: "it belongs to a process, and ends with it",
    "receive-limit": "it is not made again, and so there is no next call",
  },
  hugeBytes: STREAM.hugeBytes,
  limit: STREAM.limit,
  missing: whyNoAddon(), // which makes the pair
  serve: (service, options) => {
    const server = new RpcServer(options).add(service);
    const none = (): Promise<never> => Promise.reject(new Error("not over a pipe"));
    const connectPipe = async (own: ConnectOptions = {}): Promise<RpcConnection> => {
      const [near, far] = socketpair();
      await server.listenOn({ fd: far.release(), netid: "pipe", listening: false });
      const socket = new Socket({ fd: near.release(), readable: true, writable: true });
      const transport = new StreamTransport(socket, "pipe", { ...streamOptions(own), end: "connected" });
      return new RpcConnection(transport, { timeoutMs: 5000, ...own });
    };
    return Promise.resolve({ server, idleConnections: 0, connect: connectPipe, raw: none, again: none });
  },
  rawServer: () => Promise.reject(new Error("not over a pipe")),
};

const MEMORY: TransportRow = {
  name: "in memory",
  cannot: {
    raw: "there is nothing between the two ends",
    restarts: "a connection belongs to its server, and ends with it",
    backpressure: "there is no buffer of a system: what is sent has arrived",
    "receive-limit": "both ends have the server's bound",
  },
  hugeBytes: 4 * 1024 * 1024,
  limit: (maxRecordBytes) => ({ maxRecordBytes }),
  serve: (service, options) => {
    const server = new RpcServer(options).add(service);
    const none = (): Promise<never> => Promise.reject(new Error("not in memory"));
    return Promise.resolve({
      server,
      idleConnections: 0,
      connect: (own = {}) => Promise.resolve(server.connect({ timeoutMs: 5000, ...own })),
      raw: none,
      again: none,
    });
  },
  rawServer: () => Promise.reject(new Error("not in memory")),
};

/** By openssl, once it is asked for. */
let pki: Pki | undefined;
process.once("exit", () => pki?.remove());

/** tcp under TLS, which each connection asks for anew. */
function tlsRow(): TransportRow {
  const tcp = socketRow("tcp", STREAM);
  const secured = ({ server, idleConnections, connect: open, again }: Served, { authority }: Pki): Served => ({
    server,
    idleConnections,
    connect: (own) => open({ tls: { ca: authority.cert }, ...own }),
    raw: () => Promise.reject(new Error("the bytes are TLS's")),
    again: async (service, options) =>
      secured(await again(service, { tls: (pki as Pki).server, ...options }), pki as Pki),
  });
  const inClear = "what is put on it is TLS's; tls-wire.test.ts does that";
  return {
    ...tcp,
    name: "tcp under TLS",
    missing: onPath("openssl") ? undefined : "openssl, which makes the certificates, is not on the PATH",
    cannot: { raw: inClear },
    serve: async (service, options) => {
      pki ??= makePki();
      return secured(await tcp.serve(service, { tls: pki.server, ...options }), pki);
    },
    rawServer: () => Promise.reject(new Error(inClear)),
  };
}

/** Shared memory, agreed on over the UNIX socket. */
function shmRow(): TransportRow {
  const serve = async (service: RpcService, path: string | undefined, options?: ServerOptions): Promise<Served> => {
    const server = new RpcServer(options).add(service);
    const only: ListenOptions = { tcp: false, udp: false, local: path === undefined ? true : { path }, portmap: "off" };
    const [bound] = (await server.listen(only)) as [BoundAddress];
    return {
      server,
      idleConnections: 0,
      connect: (own = {}) => connect(SERVICE, { path: bound.path, transport: "shm", timeoutMs: 5000, ...own }),
      raw: () => rawShmClient(bound.path),
      again: (next, of) => serve(next, bound.path, of),
    };
  };
  return {
    ...STREAM,
    name: "shm",
    missing: process.platform === "linux" ? whyNoAddon() : "shm needs Linux",
    serve: (service, options) => serve(service, undefined, options),
    rawServer: rawShmServer,
  };
}

function onPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

export const ROWS: readonly TransportRow[] = [
  socketRow("tcp", STREAM),
  tlsRow(),
  socketRow("tcp6", STREAM),
  socketRow("local", STREAM),
  shmRow(),
  pathRow("sysvmq", STREAM),
  pathRow("fifo", STREAM),
  pathRow("local-dgram", { ...STREAM, hugeBytes: 65_536 }),
  PIPE,
  socketRow("udp", DATAGRAMS),
  socketRow("udp6", DATAGRAMS),
  MEMORY,
];
