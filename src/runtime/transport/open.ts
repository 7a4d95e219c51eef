/** Opens the client's end of a transport. */
import { createSocket } from "node:dgram";
import { type Socket, connect as connectSocket } from "node:net";
import { type PathTransport, RpcAddress, isInet } from "../address.ts";
import { RpcError, reason } from "../error.ts";
import { MAX_TIMER_MS } from "../limits.ts";
import { withReservedPort } from "../reserved-port.ts";
import { DatagramTransport } from "./datagram.ts";
import { whyNoPrimitives } from "./native.ts";
import type { RecordLimits } from "./record-marking.ts";
import { listen, stopListening } from "../signals.ts";
import { type StartTls, startTls } from "./start-tls.ts";
import { StreamTransport } from "./stream.ts";
import type { TcpOptions } from "./tcp-options.ts";
import type { Transport } from "./transport.ts";

/** Bounds of what is opened. */
export interface OpenOptions extends TcpOptions {
  /** Milliseconds until it gives up with `RPC_CANTCONNECT`. */
  readonly timeoutMs: number;
  /** Bounds of a record on a stream. */
  readonly records: RecordLimits;
  /** Bytes of a datagram to send. */
  readonly maxUdpBytes: number;
  /** Milliseconds that the peer of a stream has for each step. */
  readonly stallTimeoutMs: number;
  /** Whether this end's port is below 1024. Default false. `local` has no ports. */
  readonly reservedPort?: boolean;
  /** TLS that is to be put on a stream. */
  readonly startTls?: StartTls | undefined;
  /** Ends the attempt when it fires, at once. */
  readonly signal?: AbortSignal | undefined;
}

/** Connects to an address. Rejects with `RPC_CANTCONNECT`. */
export async function openTransport(to: RpcAddress, options: OpenOptions): Promise<Transport> {
  const { netid } = to;
  const open = (localPort?: number): Promise<Transport> => {
    switch (netid) {
      case "udp":
      case "udp6":
        return openDatagram(to, netid, options, localPort);
      case "tcp":
      case "tcp6":
      case "local":
        return openStream(to, netid, options, localPort);
      case "sysvmq":
      case "fifo":
      case "local-dgram":
        return openPath(to, netid, options);
      default:
        throw new RpcError("RPC_UNKNOWNPROTO", `there is no transport ${JSON.stringify(netid)}`, { peer: to });
    }
  };
  try {
    return options.reservedPort === true && isInet(netid) ? await withReservedPort(to, open) : await open();
  } catch (cause) {
    if (cause instanceof RpcError) throw cause;
    throw new RpcError("RPC_CANTCONNECT", `can't connect: ${reason(cause)}`, { peer: to, cause });
  }
}

type OpenPath = (to: RpcAddress, options: OpenOptions) => Promise<Transport>;

/** This host's transports that no portmapper knows, each loaded where it is asked for. */
const PATH_OPENERS: Readonly<Record<PathTransport, () => Promise<OpenPath>>> = {
  sysvmq: async () => (await import("./sysvmq/sysvmq.ts")).openSysvmq,
  fifo: async () => (await import("./fifo/fifo.ts")).openFifo,
  "local-dgram": async () => (await import("./local-dgram/local-dgram.ts")).openLocalDatagram,
};

async function openPath(to: RpcAddress, transport: PathTransport, options: OpenOptions): Promise<Transport> {
  const missing = whyNoPrimitives();
  if (missing !== undefined) throw new RpcError("RPC_UNKNOWNPROTO", missing, { peer: to });
  const open = await PATH_OPENERS[transport]();
  return open(to, options);
}

function openStream(
  to: RpcAddress,
  netid: "tcp" | "tcp6" | "local",
  options: OpenOptions,
  localPort?: number,
): Promise<Transport> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const own = localPort === undefined ? {} : { localPort };
    const socket = connectSocket(to.netid === "local" ? { path: to.path } : { host: to.host, port: to.port, ...own });
    const timer = setTimeout(
      () => {
        socket.destroy(new Error(`no connection within ${options.timeoutMs} ms`));
      },
      Math.min(options.timeoutMs, MAX_TIMER_MS),
    );
    // In each phase it ends with the socket: whoever waits for it then fails.
    const abort = (): void => {
      socket.destroy(signal?.reason as Error);
    };
    const release = (): void => {
      clearTimeout(timer);
      if (signal !== undefined) stopListening(signal, abort);
    };
    if (signal !== undefined) listen(signal, abort);
    const failed = (error: Error): void => {
      release();
      socket.destroy();
      reject(error);
    };
    const opened = (over: Socket): void => {
      release();
      socket.off("error", failed);
      resolve(new StreamTransport(over, netid, { ...options, end: "connected", path: to.path }));
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      if (options.startTls === undefined) opened(socket);
      else startTls(socket, to, options.startTls, options.records).then(opened, failed);
    });
  });
}

function openDatagram(
  to: RpcAddress,
  netid: "udp" | "udp6",
  options: OpenOptions,
  localPort?: number,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(netid === "udp" ? "udp4" : "udp6");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    // A cluster's workers would share the port, and each other's replies.
    if (localPort !== undefined) socket.bind({ port: localPort, exclusive: true });
    // The callback gets the error too, and the socket then emits none.
    socket.connect(to.port, to.host, (error?: Error | null) => {
      if (error) {
        socket.close();
        reject(error);
        return;
      }
      socket.removeAllListeners("error");
      resolve(new DatagramTransport(socket, netid, options.maxUdpBytes, to));
    });
  });
}
