/** Raw calls to the portmapper at port 111 and /run/rpcbind.sock: the bytes that go and come, not decoded. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { RPCBIND_SOCKET } from "../namespace.ts";

/** Where a call goes: a transport's netid. */
export const TRANSPORTS = ["udp", "tcp", "udp6", "tcp6", "local"] as const;
export type Transport = (typeof TRANSPORTS)[number];

const PORTMAPPER = 100_000;

/** Milliseconds that a portmapper has for an answer. */
const DEADLINE_MS = 5000;

/** What stands for a reply that did not come. */
export const SILENCE = "silence";

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, 4 * i));
  return bytes;
}

/** A string or opaque data: length, bytes, padding. */
export function bytes(value: string | Uint8Array): Buffer {
  const content = Buffer.from(value as string);
  return Buffer.concat([u32(content.length), content, Buffer.alloc((4 - (content.length % 4)) % 4)]);
}

export interface RawCall {
  readonly over: Transport;
  readonly version: number;
  readonly procedure: number;
  readonly args: Buffer;
  /** Credential and verifier. Default: none. */
  readonly auth?: Buffer;
  /** Address of this host to call, and to call from. Default: loopback. */
  readonly at?: string;
}

/** A call's message, but for its xid. */
export function message(xid: number, { version, procedure, args, auth = u32(0, 0, 0, 0) }: RawCall): Buffer {
  return Buffer.concat([u32(xid, 0, 2, PORTMAPPER, version, procedure), auth, args]);
}

/** Makes calls, each from a socket of its own, and awaits what becomes of each before the next. */
export class RawCaller {
  #xid = 1;

  /**
   * The reply without its xid, in hexadecimal, or {@link SILENCE}. That nothing comes is known when a call that was sent behind is
   * answered: both portmappers answer in turn. Of datagrams ours takes some at once, so a second one is sent when the first is answered.
   */
  async ask(call: RawCall): Promise<string> {
    const probe = { over: call.over, version: 2, procedure: 0, args: Buffer.alloc(0) };
    return isDatagram(call) ? this.#datagram(call, probe) : this.#stream(call, probe);
  }

  /**
   * The same for a call that the portmapper passes on. What is sent behind goes the same way: the service of the tests answers in turn.
   * @param call of CALLIT, BCAST or INDIRECT, over udp or udp6
   */
  async askPassedOn(call: RawCall): Promise<string> {
    const nothing = Buffer.concat([call.args.subarray(0, 8), u32(0, 0)]);
    // Version 3: version 2 can't tell where a service on udp6 is, and says nothing.
    return this.#datagram(call, { over: call.over, version: 3, procedure: 5, args: nothing });
  }

  async #datagram(call: RawCall, behind: RawCall): Promise<string> {
    const ipv6 = call.over === "udp6";
    const host = call.at ?? (ipv6 ? "::1" : "127.0.0.1");
    const [xid, probe, last] = [this.#xid++, this.#xid++, this.#xid++];
    const socket = createSocket(ipv6 ? "udp6" : "udp4");
    try {
      socket.bind({ port: 0, address: host });
      await once(socket, "listening");
      let answer = SILENCE;
      const ended = new Promise<void>((resolve) => {
        socket.on("message", (reply: Buffer) => {
          if (reply.readUInt32BE() === xid) answer = reply.subarray(4).toString("hex");
          else if (reply.readUInt32BE() === probe) socket.send(message(last, behind), 111, host);
          else if (reply.readUInt32BE() === last) resolve();
        });
      });
      // Not connected: what rpcbind passes on it answers from another port.
      socket.send(message(xid, call), 111, host);
      socket.send(message(probe, behind), 111, host);
      await inTime(call, ended);
      return answer;
    } finally {
      socket.close();
    }
  }

  async #stream(call: RawCall, behind: RawCall): Promise<string> {
    const [xid, probe] = [this.#xid++, this.#xid++];
    const replies = await inTime(call, stream(call, probe, record(message(xid, call)), record(message(probe, behind))));
    const reply = replies.find((each) => each.readUInt32BE() === xid);
    return reply === undefined ? SILENCE : reply.subarray(4).toString("hex");
  }
}

/** The same promise; it rejects where even what was sent behind the call is not answered. */
async function inTime<T>({ over, version, procedure, args }: RawCall, promise: Promise<T>): Promise<T> {
  const call = `${over}, version ${version}, procedure ${procedure}, ${args.toString("hex").slice(0, 80)}`;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer, nor to what was sent behind: ${call}`));
    }, DEADLINE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isDatagram({ over }: RawCall): boolean {
  return over === "udp" || over === "udp6";
}

/** The records that come back, up to the reply to `last`, or to the end of the connection. */
async function stream(call: RawCall, last: number, ...records: readonly Buffer[]): Promise<Buffer[]> {
  const host = call.at ?? (call.over === "tcp6" ? "::1" : "127.0.0.1");
  const socket =
    call.over === "local" ? connect({ path: RPCBIND_SOCKET }) : connect({ port: 111, host, localAddress: host });
  socket.write(Buffer.concat(records));
  let received: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      const replies = recordsOf(received);
      if (replies.at(-1)?.readUInt32BE() === last) return replies;
    }
    return recordsOf(received);
  } finally {
    socket.destroy();
  }
}

function record(content: Buffer): Buffer {
  return Buffer.concat([u32(0x8000_0000 + content.length), content]);
}

/** The whole records, each put together of its fragments. */
function recordsOf(received: Buffer): Buffer[] {
  const records: Buffer[] = [];
  let content: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= received.length;) {
    const mark = received.readUInt32BE(at);
    const end = at + 4 + (mark & 0x7fff_ffff);
    if (end > received.length) break;
    content = Buffer.concat([content, received.subarray(at + 4, end)]);
    at = end;
    if (mark < 0x8000_0000) continue;
    records.push(content);
    content = Buffer.alloc(0);
  }
  return records;
}
