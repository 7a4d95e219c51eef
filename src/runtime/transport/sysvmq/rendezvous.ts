/**
 * The small file that leads to a server's two queues. It names their keys, and is written before they are made: so queues that a
 * server leaves are always found. The keys are random, and it is the queues' own modes that keep others out.
 */
import { type BigIntStats, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { SysvMessageQueue } from "../../../ipc/sysv-message-queue.ts";
import { systemCode } from "../../error.ts";
import type { NameKind } from "../host-names.ts";
import { type PeerProcess, hasEnded, ownProcess, parseProcess, writeProcess } from "../pieces/peer-process.ts";

/** What the file says. */
export interface Rendezvous {
  readonly requests: number;
  readonly replies: number;
  readonly server: PeerProcess;
}

const FIRST_LINE = "tsrpcgen sysvmq 1";
const MAX_FILE_BYTES = 256n;

/** Undefined for what no server has written. */
export function readRendezvous(path: string): Rendezvous | undefined {
  const [first, requests, replies, server] = readFileSync(path, "latin1").split("\n");
  const keys = [requests, replies].map((line) => Number(/^\w+ (0x[0-9a-f]{1,8})$/.exec(line ?? "")?.[1] ?? NaN));
  const [requestKey = NaN, replyKey = NaN] = keys;
  const of = parseProcess(/^server (.*)$/.exec(server ?? "")?.[1] ?? "");
  if (first !== FIRST_LINE || of === undefined || !(requestKey > 0) || !(replyKey > 0)) return undefined;
  return { requests: requestKey, replies: replyKey, server: of };
}

/** Both queues, of which clients write to the one and read the other. */
export interface Queues {
  readonly requests: SysvMessageQueue;
  readonly replies: SysvMessageQueue;
}

/**
 * Makes the file and the queues.
 * @param mode whoever it lets write may call
 */
export function makeQueues(path: string, mode: number): Queues {
  const writers = mode & 0o022;
  const readers = writers << 1;
  for (let isFirst = true; ; isFirst = false) {
    const [requests, replies] = [newKey(), newKey()];
    const lines = [
      FIRST_LINE,
      `requests ${hex(requests)}`,
      `replies ${hex(replies)}`,
      `server ${writeProcess(ownProcess())}`,
    ];
    writeFileSync(path, `${lines.join("\n")}\n`, { flag: isFirst ? "wx" : "w", mode: 0o600 });
    const made: SysvMessageQueue[] = [];
    try {
      const make = (key: number, others: number): SysvMessageQueue => {
        const queue = SysvMessageQueue.open(key, { create: true, exclusive: true, mode: 0o600 | others });
        made.push(queue);
        return queue;
      };
      const queues = { requests: make(requests, writers), replies: make(replies, readers) };
      chmodSync(path, 0o600 | readers);
      return queues;
    } catch (error) {
      for (const queue of made) queue.remove();
      if (systemCode(error) !== "EEXIST") throw error; // keys that someone has already
    }
  }
}

/** Opens what a client may: to write the one, to read the other. @throws `ENOENT`, `EACCES` */
export function openQueues({ requests, replies }: Rendezvous): Queues {
  return {
    requests: SysvMessageQueue.open(requests, { mode: 0o200 }),
    replies: SysvMessageQueue.open(replies, { mode: 0o400 }),
  };
}

export const rendezvousFile: NameKind = {
  isOfKind: (stat: BigIntStats) => stat.isFile() && stat.size <= MAX_FILE_BYTES,
  isStale: (path) => {
    const found = readRendezvous(path);
    return found !== undefined && hasEnded(found.server);
  },
  reclaim: (path) => {
    const found = readRendezvous(path);
    if (found === undefined) return;
    for (const key of [found.requests, found.replies]) {
      try {
        SysvMessageQueue.open(key).remove();
      } catch {
        // It is gone, or another's by now.
      }
    }
  },
};

function newKey(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return (random % 0x7fff_ffff) + 1;
}

function hex(key: number): string {
  return `0x${key.toString(16)}`;
}
