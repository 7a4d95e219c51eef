import assert from "node:assert/strict";
import fc from "fast-check";
import { SHM_PIECE_BYTES, SHM_RING_BYTES } from "../../src/runtime/limits.ts";
import {
  END_WORDS,
  SHM_HEADER_BYTES,
  SLEEPS,
  WANTS_ROOM,
  isRingBytes,
  shmBytes,
} from "../../src/runtime/transport/shm/layout.ts";
import { RingReader, RingWriter } from "../../src/runtime/transport/shm/rings.ts";
import { ECHO, call, hexWords } from "./support.ts";
import { Told, channels, pair, patterned, skipUnlessShm, view } from "./shm-support.ts";

describe("runtime: shm: what lies in the memory", () => {
  before(skipUnlessShm);

  it("the words of each end have lines of their own", () => {
    assert.deepEqual(END_WORDS, {
      client: { written: 32, taken: 64, state: 96, processor: 97 },
      server: { written: 128, taken: 160, state: 192, processor: 193 },
    });
    assert.deepEqual([SHM_HEADER_BYTES, SLEEPS, WANTS_ROOM, shmBytes(8192)], [4096, 1, 2, 4096 + 2 * 8192]);
    for (const bytes of [4096, 8192, 2 ** 30]) assert(isRingBytes(bytes), String(bytes));
    for (const bytes of [0, 1, 2048, 4097, 12288, 2 ** 31, NaN, -4096]) assert(!isRingBytes(bytes), String(bytes));
  });

  it("a call and its reply: a mark and a message in each ring, the positions in the words", async () => {
    const { client: near, server: far } = channels();
    const memory = Buffer.from(near.mapping.buffer);
    const client = new Told(near);
    const server = new Told(far);
    const words = new Int32Array(near.mapping.buffer, 0, SHM_HEADER_BYTES / 4);
    assert.deepEqual([words[96], words[192]], [SLEEPS, SLEEPS], "nobody looks, each waits for its bell");

    client.transport.send(call(0x11, ECHO.number, 7));
    const sent = "8000002c 00000011 00000000 00000002 20000042 00000003 00000001 00000000 00000000 00000000 00000000";
    assert.equal(hexWords(memory.subarray(4096, 4096 + 48)), `${sent} 00000007`);
    assert.deepEqual([words[32], words[128]], [48, 0]);
    assert.equal(words[192], 0, "who takes the bit away rings");

    assert.deepEqual(await server.got(1), [call(0x11, ECHO.number, 7)]);
    assert.equal(words[160], 48, "the server has taken it");
    server.transport.send(Buffer.from("00000011000000010000000000000000000000000000000000000007", "hex"));
    const answer = "8000001c 00000011 00000001 00000000 00000000 00000000 00000000 00000007";
    assert.equal(hexWords(memory.subarray(8192, 8192 + 32)), answer);
    await client.got(1);
    assert.deepEqual([words[32], words[64], words[128], words[160]], [48, 32, 32, 48]);
    await client.transport.close();
    assert.equal(await server.ended(), undefined);
    assert.equal(memory.length, 0, "it is given back");
  });

  it("a record goes on at the ring's beginning, its mark too", async () => {
    const { client: near, server: far } = channels();
    const memory = Buffer.from(near.mapping.buffer);
    const client = new Told(near);
    const server = new Told(far);
    // 4 + 4086 bytes leave 6 to the end: a mark and two bytes.
    client.transport.send(Buffer.alloc(4086));
    await server.got(1);
    client.transport.send(Buffer.from("aabbccdd", "hex"));
    assert.equal(memory.toString("hex", 4096 + 4090, 8192), "80000004aabb");
    assert.equal(memory.toString("hex", 4096, 4098), "ccdd");
    await server.got(2);
    // 2 + 4 + 4088 leave two bytes: half a mark.
    client.transport.send(Buffer.alloc(4088));
    await server.got(3);
    client.transport.send(Buffer.from("01020304", "hex"));
    assert.equal(memory.toString("hex", 8190, 8192), "8000");
    assert.equal(memory.toString("hex", 4096, 4102), "000401020304");
    assert.deepEqual((await server.got(4))[3], Buffer.from("01020304", "hex"));
    await client.transport.close();
  });

  it("each length of a record arrives from each place in the ring", async () => {
    const lengths = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 4070, max: 4110 }),
        fc.integer({ min: 0, max: 9000 }),
      ),
      { minLength: 1, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 0, max: 4095 }), async (all, offset) => {
        const { client, server } = pair();
        client.transport.send(patterned(offset, 0));
        await server.got(1);
        for (const [index, length] of all.entries()) client.transport.send(patterned(length, index));
        const [, ...got] = await server.got(1 + all.length);
        for (const [index, length] of all.entries())
          assert(got[index]?.equals(patterned(length, index)), `record ${index} of ${length} bytes`);
        await client.transport.close();
        assert.equal(await server.ended(), undefined);
      }),
      { numRuns: 60 },
    );
  }).timeout(20_000);

  for (const [name, first] of [
    ["2^31", 2 ** 31 - 9000],
    ["2^32", -9000],
  ] as const) {
    it(`positions go on beyond ${name}`, () => {
      const { client, server } = channels();
      const { words, own, peer } = view(client);
      words[own.written] = words[peer.taken] = first;
      const writer = new RingWriter(view(client), first);
      const reader = new RingReader(view(server), first);
      for (let turn = 0; turn < 40; turn++) {
        const sent = patterned(100 * turn + 1, turn);
        assert(writer.hasRoom(4096) && !writer.hasRoom(4097));
        assert.equal(writer.putSome(sent), sent.length);
        writer.publish();
        assert(writer.hasRoom(4096 - sent.length) && !writer.hasRoom(4097 - sent.length));
        const got: Uint8Array[] = [];
        for (let piece = reader.take(1000); piece !== undefined; piece = reader.take(1000)) got.push(piece);
        assert(sent.equals(Buffer.concat(got)));
      }
      assert.equal(words[own.written], (first + 78_040) | 0);
      assert.equal(words[peer.taken], (first + 78_040) | 0);
      for (const { mapping, socket } of [client, server]) {
        mapping.close();
        socket.close();
      }
    });
  }

  it("what was taken is the taker's own: who writes to the ring later changes nothing", async () => {
    const { client: near, server: far } = channels();
    const { outgoing } = view(near);
    const client = new Told(near);
    const server = new Told(far);
    const seen: Uint8Array[] = [];
    const kept = new Promise<void>((resolve) => {
      server.onMessage = (message) => {
        outgoing.fill(0xff);
        seen.push(message);
        resolve();
      };
    });
    client.transport.send(patterned(1000, 1));
    await kept;
    assert(patterned(1000, 1).equals(seen[0] as Uint8Array));
    await client.transport.close();
  });

  it("goes in pieces of SHM_PIECE_BYTES, out of a ring of SHM_RING_BYTES", async () => {
    const { client: near, server: far } = channels(SHM_RING_BYTES);
    assert.equal(near.mapping.byteLength, 4096 + 2 * SHM_RING_BYTES);
    const words = new Int32Array(near.mapping.buffer, 0, SHM_HEADER_BYTES / 4);
    const client = new Told(near);
    const server = new Told(far);
    const taken: unknown[] = [];
    server.onMessage = () => {
      if (taken.length === 0) taken.push(words[32], words[160]);
    };
    for (let count = 0; count < 200; count++) client.transport.send(Buffer.alloc(1020));
    await server.got(200);
    assert.deepEqual(taken, [200 * 1024, SHM_PIECE_BYTES]);
    await client.transport.close();
  });
});
