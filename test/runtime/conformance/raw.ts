/** Ends of a transport that have nothing of the runtime in them: they send and receive bytes. */
import { type RemoteInfo, createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BoundAddress, type ConnectOptions, type RpcConnection, connect } from "../../../src/runtime/index.ts";
import { type PathTransport, RpcAddress, isPathTransport } from "../../../src/runtime/address.ts";
import { listenPath } from "../../../src/runtime/listen.ts";
import { openTransportTo } from "../../../src/runtime/open-connection.ts";
import type { Transport } from "../../../src/runtime/transport/transport.ts";
import { RawPeer, SERVICE, hexWords } from "../support.ts";

/** A client's end. */
export interface RawClient {
  send(message: Uint8Array): void;
  /** The next message; rejects where the connection has ended. */
  receive(): Promise<Buffer>;
  /** Sends a message and gives the next one, in hexadecimal words. */
  ask(message: Uint8Array): Promise<string>;
  /** Reads nothing from here on: of streams. */
  pause(): void;
  resume(): void;
  /** Goes away without a word. */
  die(): Promise<void>;
}

/** A message that came to a server's end. */
export interface RawRequest {
  readonly message: Buffer;
  readonly reply: (message: Uint8Array) => void;
}

/** A server's end. */
export interface RawServer {
  /** How it is reached. */
  readonly to: ConnectOptions;
  readonly connect: (options?: ConnectOptions) => Promise<RpcConnection>;
  /** The next message of any client. */
  next(): Promise<RawRequest>;
  /** Goes away without a word, and listens on where that is wanted. */
  hangUp(): Promise<void>;
  close(): Promise<void>;
}

/** Messages that wait for someone, or someone who waits for messages. */
export class Mailbox<T> {
  readonly #full: T[] = [];
  readonly #waiting: { readonly resolve: (value: T) => void; readonly reject: (error: Error) => void }[] = [];
  #error: Error | undefined;

  put(value: T): void {
    const wanted = this.#waiting.shift();
    if (wanted === undefined) this.#full.push(value);
    else wanted.resolve(value);
  }

  /** Nothing more comes. */
  fail(error: Error): void {
    this.#error = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  take(): Promise<T> {
    const value = this.#full.shift();
    if (value !== undefined) return Promise.resolve(value);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

/** Over a transport itself: no connection, and nothing of RPC. */
function transportClient(transport: Transport): RawClient {
  const box = new Mailbox<Buffer>();
  transport.start({
    message: (bytes) => {
      box.put(Buffer.from(bytes));
    },
    lost: () => undefined,
    closed: (error) => {
      box.fail(error ?? new Error("the connection ended"));
    },
  });
  return {
    send: (message) => {
      transport.send(message);
    },
    receive: () => box.take(),
    ask: async (message) => {
      transport.send(message);
      return hexWords(await box.take());
    },
    pause: () => {
      transport.pause();
    },
    resume: () => {
      transport.resume();
    },
    die: () => {
      transport.destroy(new Error("it dies"));
      return Promise.resolve();
    },
  };
}

async function pathServer(name: PathTransport): Promise<RawServer> {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-raw-"));
  const path = join(folder, "s");
  const box = new Mailbox<RawRequest>();
  const transports = new Set<Transport>();
  const accept = (transport: Transport): void => {
    transports.add(transport);
    transport.start({
      message: (bytes) => {
        box.put({ message: Buffer.from(bytes), reply: (message) => { transport.send(message); } }); // prettier-ignore
      },
      lost: () => undefined,
      closed: () => transports.delete(transport),
    });
  };
  const listener = await listenPath(name, { path }, { accept });
  const hangUp = (): Promise<void> => {
    for (const transport of transports) transport.destroy(new Error("it hangs up"));
    return Promise.resolve();
  };
  const to: ConnectOptions = { transport: name, path, timeoutMs: 5000 };
  return {
    to,
    connect: (options = {}) => connect(SERVICE, { ...to, ...options }),
    next: () => box.take(),
    hangUp,
    close: async () => {
      await hangUp();
      await listener.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function rawClient(bound: BoundAddress): Promise<RawClient> {
  if (isPathTransport(bound.netid)) {
    return transportClient(await openTransportTo(RpcAddress.sameHost(bound.netid, bound.path), {}));
  }
  if (bound.netid === "udp" || bound.netid === "udp6") return udpClient(bound);
  const peer = await RawPeer.connect(bound);
  return {
    send: (message) => {
      peer.send(message);
    },
    receive: () => peer.receive(),
    ask: (message) => peer.ask(message),
    pause: () => {
      peer.socket.pause();
    },
    resume: () => {
      peer.socket.resume();
    },
    die: async () => {
      peer.socket.destroy();
      if (!peer.socket.closed) await once(peer.socket, "close");
    },
  };
}

async function udpClient(bound: BoundAddress): Promise<RawClient> {
  const socket = createSocket(bound.netid === "udp" ? "udp4" : "udp6");
  const box = new Mailbox<Buffer>();
  socket.on("message", (message) => {
    box.put(message);
  });
  socket.connect(bound.port, bound.host);
  await once(socket, "connect");
  const send = (message: Uint8Array): void => {
    socket.send(message);
  };
  return {
    send,
    receive: () => box.take(),
    ask: async (message) => {
      send(message);
      return hexWords(await box.take());
    },
    pause: () => undefined,
    resume: () => undefined,
    die: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
}

export async function rawServer(netid: "tcp" | "udp" | "tcp6" | "udp6" | "local" | PathTransport): Promise<RawServer> {
  if (isPathTransport(netid)) return pathServer(netid);
  return netid === "udp" || netid === "udp6" ? udpServer(netid) : streamServer(netid);
}

async function udpServer(netid: "udp" | "udp6"): Promise<RawServer> {
  const host = netid === "udp" ? "127.0.0.1" : "::1";
  const box = new Mailbox<RawRequest>();
  const socket = createSocket(netid === "udp" ? "udp4" : "udp6");
  socket.bind(0, host);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.on("message", (message: Buffer, from: RemoteInfo) => {
    box.put({
      message,
      reply: (bytes) => {
        socket.send(bytes, from.port, from.address);
      },
    });
  });
  const close = async (): Promise<void> => {
    socket.close();
    await once(socket, "close");
  };
  const to: ConnectOptions = { host, port, transport: netid, timeoutMs: 5000 };
  return {
    to,
    connect: (options = {}) => connect(SERVICE, { ...to, ...options }),
    next: () => box.take(),
    hangUp: () => Promise.reject(new Error("a socket of datagrams has nobody to hang up on")),
    close,
  };
}

async function streamServer(netid: "tcp" | "tcp6" | "local"): Promise<RawServer> {
  const host = netid === "tcp" ? "127.0.0.1" : "::1";
  const box = new Mailbox<RawRequest>();
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    const peer = RawPeer.over(socket);
    const read = async (): Promise<void> => {
      for (;;) {
        const message = await peer.receive();
        box.put({
          message,
          reply: (bytes) => {
            peer.send(bytes);
          },
        });
      }
    };
    void read().catch(() => sockets.delete(socket));
  });
  const folder = netid === "local" ? mkdtempSync(join(tmpdir(), "tsrpcgen-raw-")) : undefined;
  const path = folder === undefined ? undefined : join(folder, "s");
  listener.listen(path === undefined ? { host, port: 0 } : { path });
  await once(listener, "listening");
  const at =
    path === undefined ? { host, port: portOf(listener), transport: netid } : { path, transport: "local" as const };
  const to: ConnectOptions = { ...at, timeoutMs: 5000 };
  const hangUp = async (): Promise<void> => {
    for (const socket of sockets) {
      socket.destroy();
      if (!socket.closed) await once(socket, "close");
    }
  };
  return {
    to,
    connect: (options = {}) => connect(SERVICE, { ...to, ...options }),
    next: () => box.take(),
    hangUp,
    close: async () => {
      await hangUp();
      listener.close();
      await once(listener, "close");
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function portOf(listener: Server): number {
  return (listener.address() as { port: number }).port;
}
