/**
 * RPC over UNIX datagram sockets. A client asks at the server's socket, which has a path, and the server makes another one for it alone; the two are then
 * connected to each other. Loaded where it is asked for.
 */
import { type BigIntStats, chmodSync, rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { UnixAddress } from "../../../ipc/unix-address.ts";
import { UnixDatagramSocket } from "../../../ipc/unix-datagram.ts";
import type { UnixMessage } from "../../../ipc/unix-message.ts";
import { type AcceptContext, AcceptedTransports } from "../../accepted-streams.ts";
import { RpcAddress } from "../../address.ts";
import { systemCode } from "../../error.ts";
import { DEFAULT_SOCKET_MODE, MAX_LOCAL_DATAGRAM_BYTES, MAX_TIMER_MS, OPEN_AGAIN_MS } from "../../limits.ts";
import type { Listener, PathListenOptions } from "../../listen.ts";
import { checkSocketPath } from "../../local-socket.ts";
import { type NameKind, takeName } from "../host-names.ts";
import type { OpenOptions } from "../open.ts";
import type { Transport } from "../transport.ts";
import { DatagramPair } from "./datagram-pair.ts";

/** In front of a question, and of its answer, with 16 bytes behind it that only who has got the question can know. */
const MARK = Buffer.from("tsrd", "latin1");
const NONCE_BYTES = 16;

/** Serves a new socket at the path. Throws `RPC_CANTLISTEN`. */
export function listenLocalDatagram(
  { path, mode = DEFAULT_SOCKET_MODE }: PathListenOptions,
  context: AcceptContext,
): Listener {
  const address = RpcAddress.sameHost("local-dgram", path);
  checkSocketPath(path);
  let bound: UnixDatagramSocket | undefined;
  try {
    takeName(address, socketName, (at) => {
      bound = UnixDatagramSocket.bind(at, { mode });
      chmodSync(at, mode); // as it stands, whatever the umask
    });
  } catch (error) {
    bound?.close();
    throw error;
  }
  const socket = bound as unknown as UnixDatagramSocket; // or it has thrown
  socket.passCredentials = true;
  const accepted = new AcceptedTransports<DatagramPair>(context, path);
  /** Questions that were answered: who has waited long for the answer has asked again. */
  const answered = new Set<string>();
  const answer = (message: UnixMessage): void => {
    const { bytes, from, credentials } = message;
    if (!isQuestion(bytes) || from === undefined || credentials === undefined || !accepted.makeRoom()) return;
    const question = Buffer.from(bytes).toString("latin1");
    if (answered.has(question)) return;
    let own: UnixDatagramSocket | undefined;
    try {
      own = connectedTo(from);
      if (!own.trySend(bytes)) throw new Error("who asks reads nothing");
      const pair = new DatagramPair(own, { ...accepted.options, path, peer: credentials });
      accepted.add(pair, pair.ended);
      answered.add(question);
      void pair.ended.then(() => answered.delete(question));
      context.accept(pair);
    } catch {
      own?.close(); // the client has gone, or asks again
    }
  };
  const serve = async (): Promise<void> => {
    while (!socket.closed) answer(await socket.receive({ maxBytes: MARK.length + NONCE_BYTES + 1, maxDescriptors: 0 }));
  };
  serve().catch((error: unknown) => {
    if (socket.closed) return;
    process.emitWarning(`${String(address)} can't be read any more: ${String(error)}`, { code: "TSRPC_ACCEPT_FAILED" });
  });
  return {
    address,
    stop: async () => {
      rmSync(path, { force: true });
      socket.close();
      await accepted.ended();
    },
  };
}

/** Connects to the server of the socket at a path. Rejects with `RPC_CANTCONNECT`, or with what the system says. */
export async function openLocalDatagram(to: RpcAddress, options: OpenOptions): Promise<Transport> {
  const { path } = to;
  const { timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const socket = UnixDatagramSocket.bind();
  const question = Buffer.concat([MARK, crypto.getRandomValues(new Uint8Array(NONCE_BYTES))]);
  const endAtMs = performance.now() + Math.min(timeoutMs, MAX_TIMER_MS);
  try {
    socket.passCredentials = true;
    growSendBuffer(socket);
    let { bytes, from, credentials } = await ask(socket, path, question, endAtMs, signal);
    // Anyone can send to a socket that is not connected.
    while (!question.equals(bytes) || from === undefined || credentials === undefined) {
      ({ bytes, from, credentials } = await ask(socket, path, question, endAtMs, signal));
    }
    socket.connect(from);
    socket.passCredentials = false;
    return new DatagramPair(socket, {
      ...options,
      end: "connected",
      path,
      peer: credentials,
      early: cameFrom(from, socket),
    });
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Asks until something comes. */
async function ask(
  socket: UnixDatagramSocket,
  path: string,
  question: Uint8Array,
  endAtMs: number,
  signal: AbortSignal | undefined,
): Promise<UnixMessage> {
  for (;;) {
    const leftMs = endAtMs - performance.now();
    if (leftMs <= 0) throw new Error("no connection within the time that it has");
    socket.trySend(question, { to: path }); // where its queue is full it is asked again
    try {
      return await socket.receive({ maxDescriptors: 0, timeoutMs: Math.min(OPEN_AGAIN_MS, leftMs), signal });
    } catch (error) {
      if (systemCode(error) !== "ETIMEDOUT") throw error;
    }
  }
}

/** What has come before nobody else could send any more. */
function cameFrom(address: UnixAddress, socket: UnixDatagramSocket): Uint8Array[] {
  const early: Uint8Array[] = [];
  for (let next = socket.tryReceive(); next !== undefined; next = socket.tryReceive()) {
    next.close();
    if (isDeepStrictEqual(next.from, address)) early.push(next.bytes);
  }
  return early;
}

function isQuestion(bytes: Uint8Array): boolean {
  return bytes.length === MARK.length + NONCE_BYTES && MARK.equals(bytes.subarray(0, MARK.length));
}

function connectedTo(address: UnixAddress): UnixDatagramSocket {
  const socket = UnixDatagramSocket.bind();
  try {
    socket.connect(address);
    growSendBuffer(socket);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The system's default may be less than the longest datagram. Linux doubles what it is told, and takes some of that for itself. */
function growSendBuffer(socket: UnixDatagramSocket): void {
  if (socket.sendBufferBytes < 2 * MAX_LOCAL_DATAGRAM_BYTES) socket.sendBufferBytes = 2 * MAX_LOCAL_DATAGRAM_BYTES;
}

const socketName: NameKind = {
  isOfKind: (stat: BigIntStats) => stat.isSocket(),
  isStale: (path) => {
    using socket = UnixDatagramSocket.open();
    try {
      socket.connect(path);
      return false;
    } catch (error) {
      return systemCode(error) === "ECONNREFUSED";
    }
  },
  reclaim: () => undefined,
};
