/** Opens the client's end of a transport. */
import { type Socket, createSocket } from "node:dgram";
import { connect as connectSocket } from "node:net";
import { type PathTransport, RpcAddress, isInet } from "../address.ts";
import { RpcError, reason } from "../error.ts";
import { MAX_TIMER_MS } from "../limits.ts";
import { withReservedPort } from "../reserved-port.ts";
import { DatagramTransport } from "./datagram.ts";
import { whyNoPrimitives } from "./native.ts";
import { PlacedReads, type ReadSocket } from "./placed-reads.ts";
import type { RecordLimits } from "./record-marking.ts";
import { listen, stopListening } from "../signals.ts";
import type { ProbedService } from "./probe.ts";
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
  /** What shm is asked for with, on a local connection. */
  readonly shm?: AskForShm | undefined;
  /** Ends the attempt when it fires, at once. */
  readonly signal?: AbortSignal | undefined;
}

/** Of whom shm is asked, and how it is used. */
export interface AskForShm {
  readonly service: ProbedService;
  readonly busyPollUs?: number | undefined;
}

/** Connects to an address. Rejects with `RPC_CANTCONNECT`. */
export async function openTransport(to: RpcAddress, options: OpenOptions): Promise<Transport> {
  const open = (localPort?: number): Promise<Transport> => openOne(to, options, localPort);
  try {
    return options.reservedPort === true && isInet(to.netid) ? await withReservedPort(to, open) : await open();
  } catch (cause) {
    if (cause instanceof RpcError) throw cause;
    throw new RpcError("RPC_CANTCONNECT", `can't connect: ${reason(cause)}`, { peer: to, cause });
  }
}

function openOne(to: RpcAddress, options: OpenOptions, localPort: number | undefined): Promise<Transport> {
  const { netid } = to;
  switch (netid) {
    case "udp":
    case "udp6":
      return openDatagram(to, netid, options, localPort);
    case "tcp":
    case "tcp6": {
      const { startTls: tls, records } = options;
      return openSocket(to, options, localPort, async (over) =>
        streamOver(tls === undefined ? over : await startTls(over, to, tls, records), to, netid, options),
      );
    }
    case "local":
      return openSocket(to, options, undefined, async (over) => {
        const transport = options.shm === undefined ? "not asked for" : await openShm(over, to, options, options.shm);
        return typeof transport === "string" ? streamOver(over, to, netid, options) : transport;
      });
    case "shm":
      return openSocket(to, options, undefined, async (over) => {
        const { shm } = options;
        const transport = shm === undefined ? "no program is named to ask" : await openShm(over, to, options, shm);
        if (typeof transport === "string") throw new Error(transport);
        return transport;
      });
    case "sysvmq":
    case "fifo":
    case "local-dgram":
      return openPath(to, netid, options);
    default:
      throw new RpcError("RPC_UNKNOWNPROTO", `there is no transport ${JSON.stringify(netid)}`, { peer: to });
  }
}

function streamOver(
  { socket, reads }: ReadSocket,
  to: RpcAddress,
  netid: "tcp" | "tcp6" | "local",
  options: OpenOptions,
): StreamTransport {
  return new StreamTransport(socket, netid, { ...options, end: "connected", path: to.path, reads });
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

/** Shared memory, agreed on over a local connection, which ends then; or why there is none, and the connection is as it was. */
async function openShm(
  over: ReadSocket,
  to: RpcAddress,
  { records, stallTimeoutMs }: OpenOptions,
  { service, busyPollUs }: AskForShm,
): Promise<Transport | string> {
  const missing = whyNoPrimitives();
  if (missing !== undefined) return missing;
  const { askForShm } = await import("./shm/ask.ts");
  const channel = await askForShm(over, to, service, records);
  if (typeof channel === "string") return channel;
  const { ShmTransport } = await import("./shm/transport.ts");
  over.socket.destroy();
  return new ShmTransport(channel, { records, stallTimeoutMs, busyPollUs });
}

/**
 * Connects a stream's socket.
 * @param use makes a transport of the connected socket. In each phase the attempt ends with the socket: whoever waits for it then fails
 */
function openSocket(
  to: RpcAddress,
  { timeoutMs, signal }: OpenOptions,
  localPort: number | undefined,
  use: (over: ReadSocket) => Promise<Transport>,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const at = to.host === "" ? { path: to.path } : { host: to.host, port: to.port };
    const own = localPort === undefined ? {} : { localPort };
    const reads = new PlacedReads();
    const socket = connectSocket({ ...at, ...own, onread: reads.onread });
    const timer = setTimeout(
      () => {
        socket.destroy(new Error(`no connection within ${timeoutMs} ms`));
      },
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
    const abort = (): void => {
      socket.destroy(signal?.reason as Error);
    };
    const release = (): void => {
      clearTimeout(timer);
      if (signal !== undefined) stopListening(signal, abort);
    };
    if (signal !== undefined) listen(signal, abort);
    let hasFailed = false;
    const failed = (error: Error): void => {
      hasFailed = true;
      release();
      socket.destroy();
      reject(error);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      use({ socket, reads }).then((transport) => {
        // It may be another one than the socket, which nobody waits for any more.
        if (hasFailed) {
          transport.destroy(new Error("the attempt had ended"));
          return;
        }
        release();
        socket.off("error", failed);
        resolve(transport);
      }, failed);
    });
  });
}

async function openDatagram(
  to: RpcAddress,
  netid: "udp" | "udp6",
  { maxUdpBytes }: OpenOptions,
  localPort?: number,
): Promise<Transport> {
  if (whyNoPrimitives() !== undefined) {
    return new DatagramTransport(await connectedDatagram(to, netid, localPort), netid, maxUdpBytes, to);
  }
  const { UdpBatchSocket, UdpBatchTransport } = await import("./udp/transport.ts");
  const socket = UdpBatchSocket.bind({ ipv6: netid === "udp6", ipv6Only: false, port: localPort });
  try {
    socket.connect({ address: to.host, port: to.port });
    return new UdpBatchTransport(socket, netid, maxUdpBytes, to);
  } catch (error) {
    socket.close();
    throw error;
  }
}

function connectedDatagram(to: RpcAddress, netid: "udp" | "udp6", localPort: number | undefined): Promise<Socket> {
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
      resolve(socket);
    });
  });
}
