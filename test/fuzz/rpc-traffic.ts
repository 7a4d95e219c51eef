/** Real messages of clients and servers, and how they are spoilt. */
import { rawServer } from "../runtime/conformance/raw.ts";
import { BLOB, ECHO, NOTHING, RUN, TEXT, record, words } from "../runtime/support.ts";
import { type RpcConnection, authSys } from "../../src/runtime/index.ts";
import type { Random } from "./random.ts";

/** The xid of recorded messages: who sends one puts in what fits. */
export const XID: number = 0x5a5a_1234;

/** What a client of the test service sends. */
export async function recordedCalls(): Promise<readonly Buffer[]> {
  const server = await rawServer("tcp");
  const connection = await server.connect();
  const auth = authSys({ uid: 1000, gid: 1000, gids: [4, 24, 27], machinename: "host" });
  const made: ((by: RpcConnection) => Promise<unknown>)[] = [
    (by) => by.call(ECHO, 5),
    (by) => by.call(RUN, -1),
    (by) => by.call(TEXT, "hello, world"),
    (by) =>
      by.call(
        BLOB,
        Uint8Array.from({ length: 300 }, (_, i) => i),
      ),
    (by) => by.call(NOTHING, undefined),
    (by) => by.call({ ...NOTHING, number: 0 }, undefined),
    (by) => by.call(ECHO, 6, { auth }),
    (by) => by.call(TEXT, "x", { auth }),
    (by) => by.call({ ...ECHO, number: 77 }, 1),
    (by) => by.call({ ...ECHO, version: 9 }, 1),
  ];
  const messages: Buffer[] = [];
  for (const call of made) {
    void call(connection).catch(() => undefined); // nobody answers
    messages.push(withXid((await server.next()).message));
  }
  await connection.close();
  await server.close();
  return messages;
}

export function withXid(message: Buffer, xid: number = XID): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt32BE(xid);
  return copy;
}

/** Another message: bits, words, lengths, parts of others. */
export function spoilt(random: Random, message: Buffer, others: readonly Buffer[]): Buffer {
  let bytes = Buffer.from(message);
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = random.below(bytes.length + 1);
    const aligned = at - (at % 4);
    switch (random.below(6)) {
      case 0:
        if (at < bytes.length) bytes[at] = random.below(256);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, aligned), anyWord(random), bytes.subarray(aligned + 4)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, aligned), anyWord(random), bytes.subarray(aligned)]);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, aligned), random.pick(others).subarray(aligned)]);
        break;
      case 5:
        bytes = Buffer.concat([bytes, ...random.times(random.below(20), () => anyWord(random))]);
        break;
    }
  }
  return bytes;
}

/** A stream of some messages, its record marks spoilt as well. */
export function stream(random: Random, messages: readonly Buffer[]): Buffer {
  const records = messages.map((message) => {
    if (random.oneIn(8)) return Buffer.concat([anyWord(random), message]);
    if (!random.oneIn(4)) return record(message);
    const at = random.below(message.length + 1);
    return Buffer.concat([words(at), message.subarray(0, at), record(message.subarray(at))]);
  });
  const whole = Buffer.concat(records);
  return random.oneIn(8) ? whole.subarray(0, random.below(whole.length + 1)) : whole;
}

function anyWord(random: Random): Buffer {
  const small = random.below(8);
  return words(random.pick([small, small, random.uint32(), 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, 400, 401, XID]));
}
