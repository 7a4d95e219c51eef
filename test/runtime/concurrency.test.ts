import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type HandlerResult, RpcServer, connect } from "../../src/runtime/index.ts";
import { ECHO, RUN, RawPeer, SERVICE, call, record, serve, testService } from "./support.ts";

const RUN_NUMBER = 4;

/** Handlers that end when they are told to. */
class Handlers {
  readonly started: number[] = [];
  most = 0;
  readonly #open = new Map<number, () => void>();

  run = (arg: number): HandlerResult<number> => {
    this.started.push(arg);
    return new Promise((resolve) => {
      this.#open.set(arg, () => {
        this.#open.delete(arg);
        resolve(arg);
      });
      this.most = Math.max(this.most, this.#open.size);
    });
  };

  /** Ends the one that has run longest. */
  endOne(): void {
    const [first] = this.#open.values();
    first?.();
  }

  async until(count: number): Promise<void> {
    while (this.started.length < count) await new Promise(setImmediate);
  }
}

describe("runtime: calls that run at a time", () => {
  it("are as many as maxConcurrentCalls says; the others wait, each connection's in turn", async () => {
    const handlers = new Handlers();
    const { server, to } = await serve("tcp", testService(handlers.run), { maxConcurrentCalls: 2 });
    await using greedy = await connect(SERVICE, to);
    await using modest = await connect(SERVICE, to);
    const many = Array.from({ length: 10 }, (_, i) => greedy.call(RUN, i));
    await handlers.until(2);
    while (server.stats().queued < 8) await new Promise(setImmediate);
    const one = modest.call(RUN, 100);
    while (server.stats().queued < 9) await new Promise(setImmediate);
    for (let i = 3; i <= 11; i++) {
      handlers.endOne();
      await handlers.until(i);
    }
    handlers.endOne();
    handlers.endOne();
    assert.deepEqual(await Promise.all(many), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(await one, 100);
    assert.equal(handlers.most, 2);
    assert.ok(handlers.started.indexOf(100) <= 4, `its turn came: ${handlers.started.join(" ")}`);
    await server.close();
  });

  it("a stream whose calls find no room is read no further, and loses nothing", async () => {
    const handlers = new Handlers();
    const { server, bound } = await serve("tcp", testService(handlers.run), {
      maxConcurrentCalls: 1,
      maxQueuedCalls: 4,
    });
    const peer = await RawPeer.connect(bound);
    const count = 300;
    for (let i = 0; i < count; i++) peer.socket.write(record(call(i, RUN_NUMBER, i)));
    for (let i = 1; i <= count; i++) {
      await handlers.until(i);
      assert.ok(server.stats().queued <= 4);
      handlers.endOne();
      const reply = await peer.receive();
      assert.equal(reply.readUInt32BE(0), i - 1);
    }
    assert.deepEqual(
      handlers.started,
      Array.from({ length: count }, (_, i) => i),
    );
    peer.socket.destroy();
    await server.close();
  });

  it("a datagram that finds no room is dropped, and runs when it comes again", async () => {
    const handlers = new Handlers();
    const { server, bound } = await serve("udp", testService(handlers.run), {
      maxConcurrentCalls: 1,
      maxQueuedCalls: 0,
    });
    const socket = createSocket("udp4");
    socket.connect(bound.port, "127.0.0.1");
    await once(socket, "connect");
    socket.send(call(1, RUN_NUMBER, 1));
    await handlers.until(1);
    socket.send(call(2, RUN_NUMBER, 2));
    while (server.stats().dropped === 0) await new Promise(setImmediate);
    handlers.endOne();
    await once(socket, "message");
    socket.send(call(2, RUN_NUMBER, 2));
    await handlers.until(2);
    handlers.endOne();
    const [reply] = (await once(socket, "message")) as [Buffer];
    assert.equal(reply.readUInt32BE(0), 2);
    socket.close();
    await server.close();
  });

  it("handlers that call back get their replies, though their stream has had its share of the queue", async () => {
    const service = testService(async (arg, ctx) => {
      await new Promise(setImmediate); // meanwhile the rest of the calls has come, and the reading is stopped
      return ctx.connection.call(ECHO, arg);
    });
    const { server, to } = await serve("tcp", service, { maxConcurrentCalls: 1, maxQueuedCalls: 2 });
    await using client = await connect(SERVICE, to);
    await using back = new RpcServer().add(testService()).attach(client);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => client.call(RUN, i)));
    assert.deepEqual(
      answers,
      Array.from({ length: 50 }, (_, i) => i),
    );
    assert.equal(back.connections, 0);
    await server.close();
  });

  it("what waits of a connection that ends is not run", async () => {
    const handlers = new Handlers();
    const { server, bound, to } = await serve("tcp", testService(handlers.run), { maxConcurrentCalls: 1 });
    const peer = await RawPeer.connect(bound);
    for (let i = 0; i < 5; i++) peer.send(call(i, RUN_NUMBER, i));
    await handlers.until(1);
    while (server.stats().queued < 4) await new Promise(setImmediate);
    peer.socket.destroy();
    while (server.stats().queued > 0) await new Promise(setImmediate);
    await using client = await connect(SERVICE, to);
    const answer = client.call(RUN, 50);
    handlers.endOne();
    await handlers.until(2);
    handlers.endOne();
    assert.equal(await answer, 50);
    assert.deepEqual(handlers.started, [0, 50]);
    await server.close();
  });

  it("close waits for those that wait, too", async () => {
    const handlers = new Handlers();
    const { server, to } = await serve("tcp", testService(handlers.run), { maxConcurrentCalls: 1 });
    await using client = await connect(SERVICE, to);
    const answers = [1, 2, 3].map((arg) => client.call(RUN, arg));
    await handlers.until(1);
    while (server.stats().queued < 2) await new Promise(setImmediate);
    const closing = server.close();
    for (let i = 1; i <= 3; i++) {
      await handlers.until(i);
      handlers.endOne();
    }
    assert.deepEqual(await Promise.all(answers), [1, 2, 3]);
    await closing;
  });
});
