/** A service for indirect calls to reach: what it was called with, and answers by the procedure's number. */
import { type Socket, createSocket } from "node:dgram";
import { once } from "node:events";
import { bytes, u32 } from "./raw.ts";

/** Numbers of its procedures. */
export const ANSWERS = { nothing: 0, text: 1, procUnavail: 2, authError: 3, mismatch: 4 } as const;

const REPLIES: Readonly<Record<number, Buffer>> = {
  [ANSWERS.nothing]: u32(1, 0, 0, 0, 0),
  [ANSWERS.text]: Buffer.concat([u32(1, 0, 0, 0, 0), bytes("hello")]),
  [ANSWERS.procUnavail]: u32(1, 0, 0, 0, 3),
  [ANSWERS.authError]: u32(1, 1, 1, 5),
  [ANSWERS.mismatch]: u32(1, 0, 0, 0, 2, 1, 3),
};

/** Listens on udp and udp6 at the same port. */
export class IndirectService {
  readonly port: number;
  /** Of each call what is behind its xid, in hexadecimal, the time stamp of AUTH_SYS left out. */
  readonly calls: string[] = [];
  readonly #sockets: readonly Socket[];

  private constructor(port: number, sockets: readonly Socket[]) {
    this.port = port;
    this.#sockets = sockets;
    for (const socket of sockets) {
      socket.on("message", (call: Buffer, from) => {
        this.calls.push(withoutStamp(call.subarray(4)).toString("hex"));
        const reply = REPLIES[call.readUInt32BE(20)] ?? u32(1, 0, 0, 0, 3);
        socket.send(Buffer.concat([call.subarray(0, 4), reply]), from.port, from.address);
      });
    }
  }

  static async listen(): Promise<IndirectService> {
    const udp = createSocket("udp4");
    udp.bind(0, "0.0.0.0");
    await once(udp, "listening");
    const { port } = udp.address();
    const udp6 = createSocket({ type: "udp6", ipv6Only: true });
    udp6.bind(port, "::");
    await once(udp6, "listening");
    return new IndirectService(port, [udp, udp6]);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

const FLAVOR_AT = 20;

function withoutStamp(call: Buffer): Buffer {
  if (call.readUInt32BE(FLAVOR_AT) !== 1) return call;
  return Buffer.concat([call.subarray(0, FLAVOR_AT + 8), Buffer.from("STAMP"), call.subarray(FLAVOR_AT + 12)]);
}
