/** Proxies between a client and a server that spoil what they carry, by random choices that a seed repeats. */
import { type RemoteInfo, type Socket as UdpSocket, createSocket } from "node:dgram";
import { once } from "node:events";
import { type Server, type Socket, connect as connectSocket, createServer } from "node:net";
import type { BoundAddress } from "../../../src/runtime/index.ts";
import { Random } from "../../fuzz/random.ts";

/** What happens to what passes, in either direction. Each is a share of the messages, from 0 to 1; default 0. */
export interface Faults {
  /** Datagrams that do not arrive. */
  readonly loss?: number;
  /** Datagrams that arrive twice. */
  readonly duplication?: number;
  /** Datagrams, or pieces of a stream, that arrive later, so that of datagrams others overtake them. */
  readonly delay?: number;
  /** Most milliseconds of a delay. Default 5. */
  readonly delayMs?: number;
  /** Datagrams, or pieces of a stream, of which one byte arrives as another one. */
  readonly corruption?: number;
  /** The bytes of each message that corruption may hit. Default all. */
  readonly corruptible?: { readonly from: number; readonly to: number };
  /** Most bytes of a piece in which a stream arrives. Default: as it comes. */
  readonly pieceBytes?: number;
}

/** What has happened. */
export interface ProxyCounts {
  passed: number;
  lost: number;
  duplicated: number;
  delayed: number;
  corrupted: number;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly counts: ProxyCounts;
  close(): Promise<void>;
}

/** Printed in the titles of tests, so that a failure can be repeated: `TSRPC_SEED=…`. */
export const SEED: number = Number(process.env["TSRPC_SEED"] ?? Date.now() % 0x1_0000_0000) >>> 0;

const HOST = "127.0.0.1";

/** The choices that both kinds make. */
class Spoiler {
  readonly counts: ProxyCounts = { passed: 0, lost: 0, duplicated: 0, delayed: 0, corrupted: 0 };
  readonly random: Random;
  readonly #faults: Faults;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(seed: number, faults: Faults) {
    this.random = new Random(seed);
    this.#faults = faults;
  }

  happens(share: number | undefined): boolean {
    return share !== undefined && this.random.uint32() < share * 0x1_0000_0000;
  }

  /** The message, or another one. */
  corrupted(message: Buffer): Buffer {
    const { corruption, corruptible: { from, to } = { from: 0, to: message.length } } = this.#faults;
    const end = Math.min(to, message.length);
    if (end <= from || !this.happens(corruption)) return message;
    this.counts.corrupted++;
    const other = Buffer.from(message);
    const at = this.random.between(from, end - 1);
    other[at] = (other[at] as number) ^ this.random.between(1, 255);
    return other;
  }

  /** Calls `deliver` now, or later. */
  delayed(deliver: () => void): void {
    const { delay, delayMs = 5 } = this.#faults;
    if (!this.happens(delay)) {
      deliver();
      return;
    }
    this.counts.delayed++;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        deliver();
      },
      this.random.between(1, delayMs),
    );
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** A proxy of datagrams. Each client has a socket of its own towards the server, so that the server tells them apart. */
export async function udpProxy(to: BoundAddress, faults: Faults, seed: number = SEED): Promise<Proxy> {
  const spoiler = new Spoiler(seed, faults);
  const front = createSocket("udp4").bind(0, HOST);
  const backs = new Map<number, UdpSocket>();
  await once(front, "listening");
  const pass = (message: Buffer, deliver: (bytes: Buffer) => void): void => {
    if (spoiler.happens(faults.loss)) {
      spoiler.counts.lost++;
      return;
    }
    const copies = spoiler.happens(faults.duplication) ? 2 : 1;
    spoiler.counts.duplicated += copies - 1;
    for (let copy = 0; copy < copies; copy++) {
      spoiler.counts.passed++;
      const bytes = spoiler.corrupted(message);
      spoiler.delayed(() => {
        deliver(bytes);
      });
    }
  };
  const backOf = (client: RemoteInfo): UdpSocket => {
    const known = backs.get(client.port);
    if (known !== undefined) return known;
    const back = createSocket("udp4");
    backs.set(client.port, back);
    back.on("message", (message: Buffer) => {
      pass(message, (bytes) => {
        front.send(bytes, client.port, client.address);
      });
    });
    return back;
  };
  front.on("message", (message: Buffer, client: RemoteInfo) => {
    const back = backOf(client);
    pass(message, (bytes) => {
      back.send(bytes, to.port, to.host);
    });
  });
  return {
    host: HOST,
    port: front.address().port,
    counts: spoiler.counts,
    close: async () => {
      spoiler.stop();
      for (const back of backs.values()) back.close();
      front.close();
      await once(front, "close");
    },
  };
}

/** A proxy of streams: pieces stay in order, but may be split, delayed and corrupted. */
export async function tcpProxy(to: BoundAddress, faults: Faults, seed: number = SEED): Promise<Proxy> {
  const spoiler = new Spoiler(seed, faults);
  const sockets = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connectSocket(to.port, to.host);
    sockets.add(near).add(far);
    carry(near, far, spoiler, faults.pieceBytes);
    carry(far, near, spoiler, faults.pieceBytes);
  });
  listener.listen(0, HOST);
  await once(listener, "listening");
  return {
    host: HOST,
    port: portOf(listener),
    counts: spoiler.counts,
    close: async () => {
      spoiler.stop();
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

function portOf(listener: Server): number {
  return (listener.address() as { port: number }).port;
}

/** Everything that one socket receives goes to the other one, a piece after the other. */
function carry(from: Socket, to: Socket, spoiler: Spoiler, pieceBytes = Infinity): void {
  from.setNoDelay(true);
  from.on("error", () => undefined);
  from.once("close", () => to.destroy());
  const queue: Buffer[] = [];
  let isBusy = false;
  const next = (): void => {
    const piece = queue.shift();
    isBusy = piece !== undefined;
    if (piece === undefined) return;
    spoiler.counts.passed++;
    const bytes = spoiler.corrupted(piece);
    spoiler.delayed(() => {
      // Written out before the next one: else the system would join them again.
      if (!to.destroyed) to.write(bytes, () => setImmediate(next));
    });
  };
  from.on("data", (data: Buffer) => {
    for (let at = 0; at < data.length;) {
      const size = pieceBytes === Infinity ? data.length : spoiler.random.between(1, pieceBytes);
      queue.push(data.subarray(at, at + size));
      at += size;
    }
    if (!isBusy) next();
  });
}
