import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect as connectSocket, createServer } from "node:net";
import { RpcError, connect } from "../../src/runtime/index.ts";
import { DEFAULT_MAX_CONNECTIONS } from "../../src/runtime/limits.ts";
import { ECHO, SERVICE, TEXT, record, serve, words } from "./support.ts";

/** Numbers from a seed: the same in each run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe("runtime: hostile peers", () => {
  it("1000 connections that send half a header and stay do another client's calls no harm", async () => {
    const { server, bound, to } = await serve("tcp");
    assert(DEFAULT_MAX_CONNECTIONS > 1000);
    const idle: Socket[] = [];
    for (let i = 0; i < 1000; i++) {
      const socket = connectSocket({ host: "127.0.0.1", port: bound.port });
      socket.on("error", () => undefined);
      idle.push(socket);
      await once(socket, "connect");
      socket.write(Buffer.from([0x80, 0]));
    }
    const client = await connect(SERVICE, to);
    for (let i = 0; i < 100; i++) assert.equal(await client.call(ECHO, i), i);
    assert(server.connections > 1000);
    await client.close();
    await server.close();
    for (const socket of idle) if (!socket.resume().closed) await once(socket, "close");
  });

  it("a client is told what its own hostile server sends, once a call", async () => {
    const random = numbers(7);
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (piece) => {
        // Each call gets its xid, that it is a reply, and then anything.
        for (let at = 0; at + 8 <= piece.length; at += 4 + (piece.readUInt32BE(at) & 0x7fff_ffff)) {
          const body = Buffer.from(Array.from({ length: random(40) }, () => (random(3) === 0 ? random(256) : 0)));
          socket.write(record(Buffer.concat([piece.subarray(at + 4, at + 8), words(1), body])));
        }
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const client = await connect(SERVICE, { host: "127.0.0.1", port, timeoutMs: 5000 });
    let answered = 0;
    for (let i = 0; i < 2000; i++) {
      await client.call(TEXT, "x").then(
        (text) => {
          assert.equal(typeof text, "string");
          answered++;
        },
        (error: unknown) => {
          assert(error instanceof RpcError, String(error));
          assert(!["RPC_TIMEDOUT", "RPC_CANTRECV"].includes(error.code), error.message);
          answered++;
        },
      );
    }
    assert.equal(answered, 2000);
    await client.close();
    server.close();
    await once(server, "close");
  });
});
