/** RPC over two System V message queues: a server's and its clients' ends. Loaded where it is asked for. */
import { readFileSync, rmSync, statSync } from "node:fs";
import { type SysvMessageQueue } from "../../../ipc/sysv-message-queue.ts";
import { type AcceptContext, AcceptedStreams } from "../../accepted-streams.ts";
import { RpcAddress } from "../../address.ts";
import {
  DEFAULT_SOCKET_MODE,
  MAX_QUEUE_PIECE_BYTES,
  MAX_UNTAKEN_BYTES,
  MIN_QUEUE_SHARE_BYTES,
  QUEUE_SHARE,
} from "../../limits.ts";
import type { Listener, PathListenOptions } from "../../listen.ts";
import { takeName } from "../host-names.ts";
import type { OpenOptions } from "../open.ts";
import { PieceClient, carrierOf, nobodyListens } from "../pieces/piece-client.ts";
import { type ClientOutlet, PieceServer } from "../pieces/piece-server.ts";
import { PIECE_HEADER_BYTES, newStreamName } from "../pieces/piece.ts";
import { StreamTransport } from "../stream.ts";
import type { Transport } from "../transport.ts";
import { QueueReader, QueueSender, purge } from "./queue-ends.ts";
import { makeQueues, openQueues, readRendezvous, rendezvousFile } from "./rendezvous.ts";

/** Serves two new queues, to which a file at the path leads. Throws `RPC_CANTLISTEN`. */
export function listenSysvmq(
  { path, mode = DEFAULT_SOCKET_MODE }: PathListenOptions,
  context: AcceptContext,
): Listener {
  const address = RpcAddress.sameHost("sysvmq", path);
  let queues: ReturnType<typeof makeQueues> | undefined;
  takeName(address, rendezvousFile, (at) => (queues = makeQueues(at, mode)));
  const { requests, replies } = queues as ReturnType<typeof makeQueues>; // or it has thrown
  const accepted = new AcceptedStreams(context, path);
  const sender = new QueueSender(replies);
  const server = new PieceServer(
    { outletTo: ({ id }) => replyOutlet(id, replies, sender), flush: () => reader.flush() },
    (stream) => {
      accepted.take(stream, (options) => new StreamTransport(stream, "sysvmq", options));
    },
  );
  const reader = new QueueReader(
    requests,
    0,
    (piece) => {
      server.receive(piece);
    },
    (error) => {
      process.emitWarning(`the queue of requests of ${String(address)} can't be read any more: ${error.message}`, {
        code: "TSRPC_ACCEPT_FAILED",
      });
    },
  );
  return {
    address,
    stop: async () => {
      rmSync(path, { force: true });
      await server.stop();
      reader.close();
      sender.close(true);
      for (const queue of [requests, replies]) removeQueue(queue);
    },
  };
}

/** The way to one client: by its type, in the queue that all have in common. */
function replyOutlet(id: number, replies: SysvMessageQueue, sender: QueueSender): ClientOutlet {
  const { maxBytes } = replies.stat();
  const maxDataBytes = dataBytes(maxBytes);
  let isWanted = true;
  return {
    maxDataBytes,
    room: (underWay) => {
      const { bytes = 0 } = replies.stat();
      const share = Math.floor((maxBytes - bytes) * QUEUE_SHARE) - underWay;
      return Math.min(MAX_UNTAKEN_BYTES, underWay === 0 ? Math.max(share, MIN_QUEUE_SHARE_BYTES) : share);
    },
    trySend: (piece) => sender.trySend(id, piece),
    send: async (piece) => {
      await sender.send(id, piece, () => isWanted);
      if (!isWanted) purge(replies, id);
    },
    unref: () => undefined,
    finish: () => {
      isWanted = false;
      purge(replies, id);
    },
  };
}

/** Connects to the server of the file at a path. Rejects with `RPC_CANTCONNECT`, or with what the system says. */
export async function openSysvmq(to: RpcAddress, options: OpenOptions): Promise<Transport> {
  const found = readRendezvous(to.path);
  if (found === undefined) throw nobodyListens(to, "the file is no sysvmq server's");
  const { requests, replies } = openQueues(found);
  // A key that was given anew would lead to another's queues.
  if (replies.stat().uid !== statSync(to.path).uid) throw nobodyListens(to, "the queues are not the server's");
  const name = newStreamName();
  const { id } = name;
  const sender = new QueueSender(requests);
  const client = new PieceClient(name, (received, failed) => {
    const reader = new QueueReader(replies, id, received, failed);
    return carrierOf(reader, sender, {
      maxDataBytes: dataBytes(replies.stat().maxBytes),
      room: (underWay) => MAX_UNTAKEN_BYTES - underWay,
      trySend: (piece) => sender.trySend(id, piece),
      send: (piece) => sender.send(id, piece, () => true),
      unref: () => undefined,
    });
  });
  try {
    client.watch(found.server);
  } catch (cause) {
    client.destroy();
    throw nobodyListens(to, `the server's process ${found.server.pid} has ended`, cause);
  }
  return client.open("sysvmq", to, options);
}

/** Bytes of data of a message: of as many as the kernel lets it have, and as the queue holds. */
function dataBytes(queueBytes: number): number {
  let kernelsMax = MAX_QUEUE_PIECE_BYTES;
  try {
    kernelsMax = Number(readFileSync("/proc/sys/kernel/msgmax", "latin1"));
  } catch {
    // The usual bound.
  }
  return Math.min(MAX_QUEUE_PIECE_BYTES, kernelsMax, queueBytes) - PIECE_HEADER_BYTES;
}

function removeQueue(queue: SysvMessageQueue): void {
  try {
    queue.remove();
  } catch {
    // Someone else has.
  }
}
