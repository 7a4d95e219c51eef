import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type BoundAddress, connect } from "../../src/runtime/index.ts";
import { BLOB, ECHO, RawPeer, SERVICE, TEXT, TRANSPORTS, call, record, serve, testService, words } from "./support.ts";

/** Printed, so that a failure can be repeated: `TSRPC_SEED=… npm test -- test/runtime/hostile.test.ts`. */
const seed = Number(process.env.TSRPC_SEED ?? Date.now() % 0x1_0000_0000);
const MESSAGES_EACH = 3400; // on each of three transports: more than 10,000
const BURST = 50;

/** Mulberry32: small, and the same everywhere. */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function hostileMessage(next: () => number): Buffer {
  const below = (n: number): number => Math.floor(next() * n);
  if (below(2) === 0) return Buffer.from(Array.from({ length: below(200) }, () => below(256)));
  const valid = [
    call(below(2 ** 32), 1, below(100)),
    call(below(2 ** 32), 2, 5, 0x68656c6c, 0x6f000000),
    call(below(2 ** 32), 3, 8, 1, 2),
    call(below(2 ** 32), 0),
    words(below(2 ** 32), 1, 0, 0, 0, 0, 0), // a reply, which no one waits for
  ];
  const message = Buffer.from(valid[below(valid.length)] ?? []);
  if (below(2) === 0) return message.subarray(0, below(message.length + 1));
  for (let changes = 1 + below(3); changes > 0; changes--) message[below(message.length)] = below(256);
  return message;
}

/** Sends a burst over a connection of its own, and waits until the server has read it or hung up. */
async function sendBurst(bound: BoundAddress, messages: readonly Buffer[]): Promise<void> {
  if (bound.netid === "udp") {
    const socket = createSocket("udp4");
    for (const message of messages) {
      await new Promise((resolve) => {
        socket.send(message, bound.port, bound.host, resolve);
      });
    }
    socket.close();
    await once(socket, "close");
    return;
  }
  const peer = await RawPeer.connect(bound);
  for (const message of messages) peer.send(message);
  // A call that is answered shows that all before it was read, and that the connection was not lost over it.
  const marker = 0x7fff_fff1;
  peer.send(call(marker, 0));
  while ((await peer.receive()).readUInt32BE() !== marker);
  peer.socket.destroy();
}

describe(`runtime: hostile messages (TSRPC_SEED=${seed})`, function () {
  this.timeout(30_000);
  for (const transport of TRANSPORTS) {
    it(`${MESSAGES_EACH} over ${transport}: another client's calls all succeed meanwhile`, async () => {
      const { server, bound, to } = await serve(transport, testService(), { onError: () => undefined });
      await using client = await connect(SERVICE, to);
      const next = random(seed);
      let calls = 0;
      for (let sent = 0; sent < MESSAGES_EACH; sent += BURST) {
        const burst = sendBurst(
          bound,
          Array.from({ length: BURST }, () => hostileMessage(next)),
        );
        assert.equal(await client.call(ECHO, calls), calls);
        assert.equal(await client.call(TEXT, `call ${calls}`), `call ${calls}`);
        calls++;
        await burst;
      }
      assert.equal(calls, MESSAGES_EACH / BURST);
      assert.equal((await client.call(BLOB, new Uint8Array(5000))).length, 5000);
      assert.equal(client.tolerated, 0);
      await server.close();
    });
  }

  it("streams that are no records: each is closed or waited for, and the others go on", async () => {
    const { server, bound, to } = await serve("tcp", testService(), { maxConnections: 300 });
    await using client = await connect(SERVICE, to);
    const next = random(seed);
    const sockets = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const socket = connectSocket(bound.port, bound.host);
        socket.on("error", () => undefined);
        await once(socket, "connect");
        // Half a header, a record that is cut, or noise.
        if (i % 3 === 0) socket.write(Buffer.from("8000", "hex"));
        else if (i % 3 === 1) socket.write(record(call(i, 1, 1)).subarray(0, 20));
        else socket.write(Buffer.from(Array.from({ length: 300 }, () => Math.floor(next() * 256))));
        return socket;
      }),
    );
    // Until the server has taken them in, and on.
    for (let i = 0; i < 50 || (server.connections <= 100 && i < 5000); i++) assert.equal(await client.call(ECHO, i), i);
    assert(server.connections > 100, `half-open ones are still there, of ${server.connections}`);
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  it("a record beyond the bound ends its connection alone", async () => {
    const { server, bound, to } = await serve("tcp", testService(), { maxRecordBytes: 1000 });
    await using client = await connect(SERVICE, to);
    const peer = await RawPeer.connect(bound);
    peer.send(Buffer.alloc(1001));
    await assert.rejects(peer.receive(), /the connection ended/);
    assert.equal(await client.call(ECHO, 1), 1);
    await server.close();
  });
});
