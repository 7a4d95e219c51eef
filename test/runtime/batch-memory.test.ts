import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket, connect as connectSocket, createServer } from "node:net";
import { StreamTransport } from "../../src/runtime/transport/stream.ts";

const MIB = 1024 * 1024;
const BYTES = 28;
const TICKS = 50;

describe("runtime: what is sent to a peer that does not read", () => {
  it("takes memory by its own length, not by a batch's", async () => {
    const listener = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    const accepted = once(listener, "connection") as Promise<[Socket]>;
    const socket = connectSocket(port, "127.0.0.1");
    await once(socket, "connect");
    const [lazy] = await accepted;
    const transport = new StreamTransport(socket, "tcp", {
      end: "connected",
      records: { maxBytes: 64 * MIB, maxFragments: 16 },
      stallTimeoutMs: Infinity,
      keepAliveMs: Infinity,
      unacknowledgedTimeoutMs: Infinity,
    });
    transport.send(new Uint8Array(32 * MIB)); // more than the system takes
    assert(socket.writableLength > 0);
    const held: Uint8Array[] = [];
    const write = (bytes: Uint8Array): boolean => {
      held.push(bytes);
      return Socket.prototype.write.call(socket, bytes);
    };
    Object.defineProperty(socket, "write", { value: write });
    for (let i = 0; i < TICKS; i++) {
      transport.send(new Uint8Array(BYTES).fill(i));
      await new Promise<void>((resolve) => {
        process.nextTick(resolve);
      });
    }
    assert.equal(held.length, TICKS);
    for (const [i, bytes] of held.entries()) {
      assert.equal(Buffer.from(bytes).toString("hex"), `8000001c${i.toString(16).padStart(2, "0").repeat(BYTES)}`);
    }
    const memory = [...new Set(held.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert(memory <= 64 * 1024, `${memory} bytes for ${TICKS * (BYTES + 4)}`);
    socket.destroy();
    lazy.destroy();
    await once(listener.close(), "close");
  });
});
