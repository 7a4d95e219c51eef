/**
 * RPC over FIFOs: one of a server's with a known name, into which all clients write, and one of each client's for its replies, whose name is gone
 * as soon as both have it open. Loaded where it is asked for.
 */
import {
  type BigIntStats,
  chmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { fifo as ends, mkfifo } from "../../../ipc/pipe.ts";
import { type AcceptContext, AcceptedStreams } from "../../accepted-streams.ts";
import { RpcAddress } from "../../address.ts";
import { DEFAULT_SOCKET_MODE, MAX_UNTAKEN_BYTES } from "../../limits.ts";
import type { Listener, PathListenOptions } from "../../listen.ts";
import { type NameKind, isAlive, takeName } from "../host-names.ts";
import type { OpenOptions } from "../open.ts";
import { PieceClient, carrierOf, nobodyListens } from "../pieces/piece-client.ts";
import type { PieceOutlet } from "../pieces/piece-stream.ts";
import { type ClientOutlet, PieceServer } from "../pieces/piece-server.ts";
import { newStreamName } from "../pieces/piece.ts";
import { StreamTransport } from "../stream.ts";
import type { Transport } from "../transport.ts";
import { FifoReader, FifoSender } from "./fifo-ends.ts";
import { MAX_FIFO_DATA_BYTES } from "./frames.ts";

/** Serves a new FIFO at the path. Throws `RPC_CANTLISTEN`. */
export function listenFifo({ path, mode = DEFAULT_SOCKET_MODE }: PathListenOptions, context: AcceptContext): Listener {
  const address = RpcAddress.sameHost("fifo", path);
  const accepted = new AcceptedStreams(context, path);
  const server = new PieceServer(
    {
      outletTo: ({ id, nonce }, { pid }) => {
        sweep(path);
        return replyOutlet(replyPath(path, pid, id, nonce));
      },
      flush: () => (reader as FifoReader).flush(),
    },
    (stream) => {
      accepted.take(stream, (options) => new StreamTransport(stream, "fifo", options));
    },
  );
  let reader: FifoReader | undefined;
  try {
    takeName(address, fifoName, (at) => {
      makeFolder(path, mode);
      mkfifo(at, 0o600);
      // It is read before it has its name: nobody takes it for a dead server's.
      reader = new FifoReader(at, (piece) => {
        server.receive(piece);
      });
      chmodSync(at, mode);
    });
  } catch (error) {
    reader?.close();
    throw error;
  }
  sweep(path);
  reader?.start((error) => {
    process.emitWarning(`${String(address)} can't be read any more: ${error.message}`, { code: "TSRPC_ACCEPT_FAILED" });
  });
  return {
    address,
    stop: async () => {
      // In front of the name: who takes that next makes a folder of its own.
      rmSync(folderOf(path), { recursive: true, force: true });
      rmSync(path, { force: true });
      await server.stop();
      reader?.close();
    },
  };
}

/** Connects to the server of the FIFO at a path. Rejects with `RPC_CANTCONNECT`, or with what the system says. */
export async function openFifo(to: RpcAddress, options: OpenOptions): Promise<Transport> {
  const { path } = to;
  const writer = ends.tryOpenWriter(path);
  if (writer === undefined) throw nobodyListens(to, "no server reads the FIFO");
  const sender = new FifoSender(writer);
  const name = newStreamName();
  const own = replyPath(path, process.pid, name.id, name.nonce);
  let client: PieceClient;
  try {
    // A server of another user opens it as anyone would, by a name that nobody else can list or guess.
    const { uid } = statSync(path);
    const mode = uid === 0 || uid === process.geteuid?.() ? 0o600 : 0o602;
    mkfifo(own, 0o600);
    client = new PieceClient(name, (received, failed) => {
      const reader = new FifoReader(own, received);
      chmodSync(own, mode);
      reader.start(failed);
      return carrierOf(reader, sender, outletOf(sender));
    });
  } catch (error) {
    sender.close(true);
    rmSync(own, { force: true });
    throw error;
  }
  try {
    return await client.open("fifo", to, options);
  } finally {
    rmSync(own, { force: true }); // the server has done so, where there is one
  }
}

/** The way to one client. @throws where it does not read its FIFO, or that is none of its */
function replyOutlet(path: string): ClientOutlet {
  const writer = ends.tryOpenWriter(path);
  if (writer === undefined) throw new Error("the client reads no replies");
  // Whoever may make names in the folder may make one that leads elsewhere.
  const [opened, named] = [fstatSync(writer.fd, { bigint: true }), lstatSync(path, { bigint: true })];
  unlinkSync(path);
  if (!named.isFIFO() || opened.ino !== named.ino || opened.dev !== named.dev) {
    writer.close();
    throw new Error("the client's FIFO is another's");
  }
  const sender = new FifoSender(writer);
  return {
    ...outletOf(sender),
    finish: () => {
      sender.close(true);
    },
  };
}

function outletOf(sender: FifoSender): PieceOutlet {
  return {
    maxDataBytes: MAX_FIFO_DATA_BYTES,
    room: (underWay) => MAX_UNTAKEN_BYTES - underWay,
    trySend: (piece) => sender.trySend(piece),
    send: (piece) => sender.send(piece),
    unref: () => undefined,
  };
}

/** Where clients make the FIFOs of their replies. */
function folderOf(path: string): string {
  return `${path}.clients`;
}

function replyPath(path: string, pid: number, id: number, nonce: number): string {
  return join(folderOf(path), `${pid}-${id.toString(16)}-${nonce.toString(16)}`);
}

/** Whoever may write to the server's FIFO may make names in the folder, and see none. */
function makeFolder(path: string, mode: number): void {
  const folder = folderOf(path);
  const writers = mode & 0o022;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.geteuid?.()) throw new Error(`${folder} is someone else's`);
  chmodSync(folder, 0o700 | writers | (writers >> 1) | (writers === 0 ? 0 : 0o1000));
}

/** Removes what clients have left that died before they had their answer. */
function sweep(path: string): void {
  const folder = folderOf(path);
  try {
    for (const name of readdirSync(folder)) {
      const pid = /^(\d{1,10})-[0-9a-f]+-[0-9a-f]+$/.exec(name)?.[1];
      if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // Another one's to tell: what is made there fails.
  }
}

const fifoName: NameKind = {
  isOfKind: (stat: BigIntStats) => stat.isFIFO(),
  isStale: (path) => {
    const writer = ends.tryOpenWriter(path);
    writer?.close();
    return writer === undefined;
  },
  reclaim: () => undefined,
};
