import assert from "node:assert/strict";
import { mock } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { SHM_LOOK_US, SHM_ROOM_LOOK_US } from "../../src/runtime/limits.ts";
import { ByteBudget } from "../../src/runtime/transport/byte-budget.ts";
import { closeChannel } from "../../src/runtime/transport/shm/channel.ts";
import { Inbox } from "../../src/runtime/transport/shm/inbox.ts";
import { SLEEPS, WANTS_ROOM } from "../../src/runtime/transport/shm/layout.ts";
import { Outbox } from "../../src/runtime/transport/shm/outbox.ts";
import { RingWriter } from "../../src/runtime/transport/shm/rings.ts";
import { until } from "./raw-server.ts";
import { RECORDS, Told, channels, pair, patterned, skipUnlessShm, view } from "./shm-support.ts";

describe("runtime: shm: more than a ring holds", () => {
  before(skipUnlessShm);

  for (const ringBytes of [4096, 16_384, 262_144, 1024 * 1024]) {
    it(`records beyond a ring of ${ringBytes} bytes, both ways at once`, async () => {
      const { client, server } = pair(ringBytes);
      const lengths = [ringBytes - 5, ringBytes - 4, ringBytes - 3, ringBytes, 3 * ringBytes + 1, 0, 1];
      for (const [index, length] of lengths.entries()) {
        client.transport.send(patterned(length, index));
        server.transport.send(patterned(length, index + 100));
      }
      const [to, back] = await Promise.all([server.got(lengths.length), client.got(lengths.length)]);
      for (const [index, length] of lengths.entries()) {
        assert(to[index]?.equals(patterned(length, index)));
        assert(back[index]?.equals(patterned(length, index + 100)));
      }
      assert(client.transport.hasRoom && server.transport.hasRoom);
      await client.transport.close();
    });
  }

  describe("looks for room", () => {
    /** What sends, and its peer, whose looks are the test's. */
    function outbox(spin: (taken: number, us: number) => number): { outbox: Outbox; close: () => void } {
      const { client, server } = channels();
      const close = (): void => {
        for (const each of [client, server]) closeChannel(each);
      };
      const made = new Outbox(view(client), client.socket.bell(), () => ({ spin, close: () => undefined }));
      return { outbox: made, close };
    }

    it("once, where the peer makes none: what is sent then waits for the bell", () => {
      const looks: number[] = [];
      const { outbox: sends, close } = outbox((_taken, us) => {
        looks.push(us);
        return -1;
      });
      for (let i = 0; i < 10; i++) assert.equal(sends.send(patterned(5000, i)), false);
      assert.deepEqual(looks, [SHM_LOOK_US]);
      close();
    });

    it("as long as the peer makes some, and for SHM_ROOM_LOOK_US at most", () => {
      const { client, server } = channels();
      const { words, own } = view(server);
      let looks = 0;
      const spin = (): number => {
        looks++;
        Atomics.add(words, own.taken, 1);
        for (const end = performance.now() + SHM_LOOK_US / 1000; performance.now() < end;);
        return SHM_LOOK_US;
      };
      const sends = new Outbox(view(client), client.socket.bell(), () => ({ spin, close: () => undefined }));
      assert.equal(sends.send(patterned(5000, 1)), false);
      assert(looks > 1 && looks <= SHM_ROOM_LOOK_US / SHM_LOOK_US + 1, `${looks} looks`);
      assert.equal(sends.putBytes, 4096 + looks, "each byte of room is taken");
      for (const each of [client, server]) closeChannel(each);
    });

    it("of a reader, a message goes through in one go", () => {
      const { client, server } = channels();
      const far = view(server);
      const got: Uint8Array[] = [];
      const inbox = new Inbox(far, server.socket.bell(), RECORDS);
      const spin = (): number => {
        while (inbox.read(Infinity, (record) => got.push(Buffer.from(record))) > 0);
        return 0;
      };
      const sends = new Outbox(view(client), client.socket.bell(), () => ({ spin, close: () => undefined }));
      // However long that takes here: a machine that is slow, or looks at each access, needs more than the outbox has.
      const clock = mock.method(performance, "now", () => 0);
      try {
        assert.equal(sends.send(patterned(100_000, 1)), true);
      } finally {
        clock.mock.restore();
      }
      spin();
      assert(patterned(100_000, 1).equals(got[0] as Uint8Array));
      for (const each of [client, server]) closeChannel(each);
    });
  });

  it("flush resolves when the ring has taken all, and rejects where the connection ends before", async () => {
    const { client, server } = pair();
    await client.transport.flush();
    server.transport.pause();
    client.transport.send(Buffer.alloc(10_000));
    assert.deepEqual([client.transport.hasRoom, client.transport.isMoving], [false, true]);
    const seen: string[] = [];
    const flushed = client.transport.flush().then(() => seen.push("flushed"));
    await turn();
    assert.deepEqual(seen, []);
    server.transport.resume();
    await flushed;
    assert.deepEqual([client.transport.hasRoom, client.transport.isMoving], [true, false]);
    await server.got(1);
    server.transport.pause();
    client.transport.send(Buffer.alloc(10_000));
    const lost = assert.rejects(client.transport.flush(), /has ended/);
    server.transport.destroy(new Error("it dies"));
    await lost;
    assert.equal(await client.ended(), undefined);
    await assert.rejects(client.transport.flush(), /has ended/);
  });

  it("close sends what is queued, to a peer that reads", async () => {
    const { client, server } = pair();
    client.transport.send(patterned(100_000, 1));
    await client.transport.close();
    assert(patterned(100_000, 1).equals((await server.got(1))[0] as Buffer));
    assert.equal(await server.ended(), undefined);
    assert.equal(await client.ended(), undefined);
    client.transport.send(Buffer.alloc(4)); // to nobody
  });

  it("what a peer has sent before its end is read, that of a paused reader once it goes on", async () => {
    const { client, server } = pair();
    server.transport.pause();
    for (let index = 0; index < 5; index++) client.transport.send(patterned(500, index));
    await client.transport.close();
    await turn();
    assert.deepEqual([server.messages.length, server.end], [0, "open"]);
    server.transport.resume();
    assert.equal(await server.ended(), undefined);
    assert.equal(server.messages.length, 5);
  });

  it("a server that holds back what it is asked, since it is not read, is told of the end, and of all calls before", async () => {
    const { client, server } = pair();
    client.transport.pause();
    server.transport.send(Buffer.alloc(10_000));
    client.transport.send(patterned(10, 1));
    await turn();
    assert.equal(server.messages.length, 0, "it reads no calls of who does not read replies");
    await client.transport.close();
    assert.equal(await server.ended(), undefined);
    assert.deepEqual(server.messages, [patterned(10, 1)]);
  });

  it("a server reads on when what it sends next finds room: it need not be woken for that", async () => {
    const { client: near, server: far } = channels();
    const server = new Told(far);
    const { incoming, outgoing, words, own, peer } = view(near);
    server.transport.send(Buffer.alloc(5000));
    await turn();
    await turn();
    assert.equal(words[peer.state], WANTS_ROOM, "it is held, and asks for no bell");
    // The peer has taken all, and has not looked yet whether anyone waits for that.
    Atomics.store(words, own.taken, words[peer.written] as number);
    server.transport.send(Buffer.alloc(8));
    assert(server.transport.hasRoom);
    assert.equal(words[peer.state], 0);
    // A call for which nobody rings, as nobody asked for it.
    Buffer.from("8000000401020304", "hex").copy(outgoing);
    Atomics.store(words, own.written, 8);
    assert.deepEqual(await server.got(1), [Buffer.from("01020304", "hex")]);
    await turn();
    await turn();
    assert.equal(words[peer.state], SLEEPS);
    assert.equal(incoming.length, 4096);
    near.socket.close();
    await server.ended();
  });

  it("the end within a message is the end: nothing behind it is told, and the budget is given back", async () => {
    const budget = new ByteBudget(1_000_000);
    const { client: near, server: far } = channels(65_536);
    const server = new Told(far, { records: { ...RECORDS, budget } });
    const client = new Told(near);
    server.onMessage = () => {
      server.transport.destroy(new Error("enough"));
    };
    client.transport.send(Buffer.alloc(100));
    client.transport.send(Buffer.alloc(100));
    client.transport.send(Buffer.alloc(200_000)); // the rest of the piece is the beginning of a record
    assert.match(String(await server.ended()), /enough/);
    assert.equal(server.messages.length, 1);
    assert.equal(budget.used, 0);
    await client.ended();
  });

  it("the record that holds the most of the budget makes room for one that is read", async () => {
    const records = { ...RECORDS, budget: new ByteBudget(300_000) };
    const [large, small] = [channels(8192), channels(8192)];
    const [first, second] = [new Told(large.server, { records }), new Told(small.server, { records })];
    // 150 000 bytes of a record that never ends.
    const writer = new RingWriter(view(large.client));
    const bell = large.client.socket.bell();
    writer.putWord(0x8003_0000);
    for (let left = 150_000; left > 0;) {
      left -= writer.putSome(Buffer.alloc(left));
      writer.publish();
      bell.ring();
      await turn();
    }
    await until(() => first.transport.isMoving && records.budget.used >= 150_000);
    const client = new Told(small.client);
    client.transport.send(patterned(200_000, 1));
    assert(patterned(200_000, 1).equals((await second.got(1))[0] as Buffer));
    assert.equal(((await first.ended()) as { code?: string }).code, "RECORDS_TOO_LARGE");
    assert.equal(records.budget.used, 0);
    await client.transport.close();
    large.client.socket.close();
  });

  it("a peer that reads nothing, goes on with nothing, or says nothing, ends it after stallTimeoutMs", async () => {
    const stalled = { code: "RECORD_STALLED" };
    for (const what of ["reads", "goes on", "says"] as const) {
      const { client: near, server: far } = channels();
      const server = new Told(far, { stallTimeoutMs: 20 });
      const { outgoing, words, own } = view(near);
      if (what === "reads") server.transport.send(Buffer.alloc(10_000));
      if (what === "goes on") {
        Buffer.from("8000001000000000", "hex").copy(outgoing);
        Atomics.store(words, own.written, 8);
        near.socket.bell().ring();
      }
      const error = await server.ended();
      assert.equal((error as { code?: string }).code, stalled.code, what);
      near.socket.close();
      near.mapping.close();
    }
    const { client, server } = pair(4096, { stallTimeoutMs: 20 });
    server.transport.pause();
    client.transport.send(Buffer.alloc(10_000));
    assert.equal(((await client.ended()) as { code?: string }).code, "RECORD_STALLED");
    server.transport.resume();
    await server.ended();
  });
});
