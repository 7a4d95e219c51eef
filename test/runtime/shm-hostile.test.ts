import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { pipe } from "../../src/ipc/index.ts";
import { type RpcConnection, connect } from "../../src/runtime/index.ts";
import type { ShmChannel } from "../../src/runtime/transport/shm/channel.ts";
import { ECHO, SERVICE } from "./support.ts";
import { rawShmServer, shmChannel } from "./conformance/raw-shm.ts";
import { until } from "./raw-server.ts";
import { Told, channels, patterned, serveShm, skipUnlessShm, view } from "./shm-support.ts";

const corrupt = (error: Error | undefined): void => {
  assert.equal((error as { code?: string } | undefined)?.code, "SHM_CORRUPT");
};

/** Puts bytes at the beginning of the outgoing ring, says that there are `written`, and rings. */
function put(channel: ShmChannel, hex: string, written = hex.length / 2): void {
  const { outgoing, words, own } = view(channel);
  Buffer.from(hex, "hex").copy(outgoing);
  Atomics.store(words, own.written, written);
  channel.socket.bell().ring();
}

describe("runtime: shm: a peer that does what it likes", () => {
  before(skipUnlessShm);

  for (const written of [4097, -1, 2 ** 31 - 1, -(2 ** 31)])
    it(`says that it has written ${written} bytes, of a ring of 4096: its connection ends`, async () => {
      for (const end of ["client", "server"] as const) {
        const both = channels();
        const honest = new Told(both[end]);
        const hostile = end === "client" ? both.server : both.client;
        put(hostile, "80000004", written);
        corrupt(await honest.ended());
        assert.deepEqual(honest.messages, []);
        hostile.socket.close();
      }
    });

  it("says that it has taken what it was not sent: its connection ends with the next message that is sent", async () => {
    for (const taken of [1, 4097, -4097, -(2 ** 31)]) {
      const { client: near, server: far } = channels();
      const server = new Told(far);
      const { words, own } = view(near);
      Atomics.store(words, own.taken, taken);
      server.transport.send(Buffer.alloc(4096));
      corrupt(await server.ended());
      near.socket.close();
    }
  });

  it("takes back what it has written while that is read", async () => {
    const { client: near, server: far } = channels();
    const server = new Told(far);
    put(near, "8000000401020304");
    await server.got(1);
    const { words, own } = view(near);
    Atomics.store(words, own.written, 4);
    near.socket.bell().ring();
    corrupt(await server.ended());
    near.socket.close();
  });

  it("changes a mark that was read: what was read holds", async () => {
    const { client: near, server: far } = channels();
    const server = new Told(far);
    put(near, "80000004");
    await until(() => server.transport.isMoving);
    put(near, "ffffffff01020304");
    assert.deepEqual(await server.got(1), [Buffer.from("01020304", "hex")]);
    near.socket.close();
    await server.ended();
  });

  it("sends records that are too long, or of too many fragments", async () => {
    const records = { maxBytes: 1000, maxFragments: 3 };
    for (const [hex, code] of [
      ["800003e9", "RECORD_TOO_LARGE"],
      ["00000000000000000000000080000000", "RECORD_TOO_FRAGMENTED"],
    ] as const) {
      const { client: near, server: far } = channels();
      const server = new Told(far, { records });
      put(near, hex);
      assert.equal(((await server.ended()) as { code?: string }).code, code);
      near.socket.close();
    }
  });

  it("writes on and on behind its end: what a ring holds is read, and no more", async () => {
    const { client: near, server: far } = channels();
    const server = new Told(far);
    server.transport.pause();
    const { outgoing, words, own, peer } = view(near);
    for (let at = 0; at < 4096; at += 8) Buffer.from("8000000401020304", "hex").copy(outgoing, at);
    const fill = (): void => {
      Atomics.store(words, own.written, ((words[peer.taken] as number) + 4096) | 0);
    };
    fill();
    near.socket.close();
    server.onMessage = fill;
    await turn();
    server.transport.resume();
    assert.equal(await server.ended(), undefined);
    assert.equal(server.messages.length, 4096 / 8);
  });

  it("rings a million times, and sends descriptors: others are answered, and nothing stays open", async () => {
    const { server, path, to } = await serveShm();
    await using other = await connect(SERVICE, to);
    const near = await shmChannel(path);
    await until(() => server.connections === 2);
    const before = readdirSync("/proc/self/fd").length;
    const bell = near.socket.bell();
    const { reader, writer } = pipe();
    for (let round = 0; round < 100; round++) {
      near.socket.trySend(patterned(100, round), { descriptors: [reader, writer] });
      for (let rings = 0; rings < 10_000; rings++) bell.ring();
      assert.equal(await other.call(ECHO, round), round);
    }
    assert.equal(server.connections, 2);
    assert.equal(readdirSync("/proc/self/fd").length, before + 2);
    for (const each of [reader, writer, near.socket, near.mapping]) each.close();
    await until(() => server.connections === 1);
    await server.close();
  }).timeout(30_000);

  it("a client of a server that scribbles gets an error, connects again, and closes", async () => {
    const raw = await rawShmServer();
    const connection: RpcConnection = await raw.connect({ reconnect: false });
    const call = connection.call(ECHO, 1, { timeoutMs: 10_000 });
    await raw.next();
    const [far] = raw.channels;
    assert(far !== undefined);
    const { words, own } = view(far);
    Atomics.store(words, own.written, 2 ** 30);
    far.socket.bell().ring();
    await assert.rejects(call, (error: Error & { code?: string }) => {
      corrupt(error.cause as Error);
      return error.code === "RPC_CANTRECV";
    });
    await connection.close();
    await raw.close();
  });

  it("random words and bytes end connections, and nothing else", async () => {
    const { server, path, to } = await serveShm({ shm: { ringBytes: 4096 }, onError: () => undefined });
    await using other = await connect(SERVICE, to);
    let ended = 0;
    for (let round = 0; round < 60; round++) {
      const near = await shmChannel(path);
      const { words, own, peer, outgoing, incoming } = view(near);
      const bell = near.socket.bell();
      const random = (below: number): number => Math.floor(Math.random() * below);
      for (let step = 0; step < 40; step++) {
        const which = [own.written, own.taken, own.state, own.processor, peer.written, peer.taken, peer.state];
        const at = which[random(which.length)] as number;
        const near0 = (words[own.written] as number) + random(64);
        Atomics.store(words, at, [random(2 ** 32) | 0, random(4200), near0 | 0][random(3)] as number);
        for (const bytes of [outgoing, incoming]) bytes[random(4096)] = random(256);
        if (random(2) === 0) outgoing.fill(0x80, random(4096));
        bell.ring();
        if (step % 8 === 0) assert.equal(await other.call(ECHO, step), step);
      }
      if (server.connections === 1) ended++;
      near.socket.close();
      near.mapping.close();
      await until(() => server.connections === 1);
    }
    assert(ended > 30, `${ended} of 60 were ended by the server`);
    await server.close();
  }).timeout(30_000);
});
