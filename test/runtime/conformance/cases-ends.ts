/** Cases of ends: peers that die, servers that restart, readers that do not read, connections that are closed. */
import assert from "node:assert/strict";
import { RpcServer } from "../../../src/runtime/index.ts";
import { BLOB, ECHO, RUN, call, testService, words } from "../support.ts";
import { type ConformanceCase, Gate, until } from "./case.ts";

/** A blob's call, for those who send many and read none of the replies. */
function blobCall(xid: number, bytes: number): Buffer {
  return Buffer.concat([call(xid, BLOB.number, bytes), Buffer.alloc(bytes)]);
}

export const END_CASES: readonly ConformanceCase[] = [
  {
    title: "a client that closes fires the signals of its calls, and of no others",
    needs: ["ends"],
    async run(row) {
      const fired: number[] = [];
      const started = new Set<number>();
      const gate = new Gate();
      const service = testService(async (arg, { signal }) => {
        started.add(arg);
        signal.addEventListener("abort", () => fired.push(arg));
        await gate.opened;
        return arg;
      });
      const { server, connect, idleConnections } = await row.serve(service);
      await using other = await connect();
      const kept = other.call(RUN, 100);
      const connection = await connect();
      const calls = [0, 1, 2].map((i) => assert.rejects(connection.call(RUN, i), { code: "RPC_CLOSED" }));
      await until(() => started.size === 4);
      await connection.close();
      await Promise.all(calls);
      await until(() => fired.length === 3);
      assert.deepEqual(fired.sort(), [0, 1, 2]);
      gate.open();
      assert.equal(await kept, 100);
      assert.equal(server.connections, idleConnections + 1);
      assert.equal(server.stats().running, 0);
      await server.close();
    },
  },
  {
    title: "a client that dies in the middle of its calls leaves nothing behind",
    needs: ["raw", "ends"],
    async run(row) {
      let fired = 0;
      const gate = new Gate();
      const service = testService(async (arg, { signal }) => {
        signal.addEventListener("abort", () => fired++);
        await gate.opened;
        return arg;
      });
      const { server, connect, raw, idleConnections } = await row.serve(service);
      await using other = await connect();
      for (let i = 0; i < 5; i++) {
        const peer = await raw();
        peer.send(call(i, RUN.number, i));
        await until(() => server.stats().procedures.some(({ calls }) => calls === i + 1));
        await peer.die();
        await until(() => fired === i + 1);
      }
      assert.equal(await other.call(ECHO, 3), 3);
      assert.equal(server.connections, idleConnections + 1);
      gate.open();
      await until(() => server.stats().running === 0);
      await server.close();
    },
  },
  {
    title: "a server that dies fails the calls in flight, and idempotent ones are sent again",
    needs: ["raw", "ends"],
    async run(row) {
      const server = await row.rawServer();
      const connection = await server.connect();
      const counted = assert.rejects(connection.call(RUN, 1), { code: "RPC_CANTRECV" });
      const read = connection.call(ECHO, 2, { idempotent: true });
      await server.next();
      await server.next();
      await server.hangUp();
      await counted;
      const { message, reply } = await server.next();
      reply(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 2)]));
      assert.equal(await read, 2);
      assert.equal(connection.stats().reconnects, 1);
      assert.equal(connection.outstanding, 0);
      await connection.close();
      await server.close();
    },
  },
  {
    title: "a server that is started again answers the next call of an old connection",
    needs: ["restarts"],
    async run(row) {
      const first = await row.serve(testService());
      const connection = await first.connect();
      for (let i = 0, served = first; i < 3; i++) {
        assert.equal(await connection.call(ECHO, i), i);
        await served.server.close();
        served = await served.again(testService((arg) => arg + 100 * (i + 1)));
        // A stream's end is seen by now or soon; what was not sent before it is sent over the next one.
        if (!row.name.startsWith("udp")) await until(() => !connection.connected);
        assert.equal(await connection.call(RUN, i), i + 100 * (i + 1));
        if (i === 2) await served.server.close();
      }
      assert.equal(connection.outstanding, 0);
      await connection.close();
    },
  },
  {
    title: "a client that reads nothing is read no further, and others go on",
    needs: ["raw", "backpressure"],
    async run(row) {
      const [calls, bytes] = [400, Math.min(100_000, row.hugeBytes - 100)];
      const { server, connect, raw } = await row.serve(testService());
      await using other = await connect();
      const lazy = await raw();
      lazy.pause();
      for (let i = 0; i < calls; i++) lazy.send(blobCall(i, bytes));
      const served = (): number =>
        server.stats().procedures.find(({ procedure }) => procedure.number === BLOB.number)?.calls ?? 0;
      // Until it has come to an end by itself.
      for (let before = -1; before !== served();) {
        before = served();
        for (let i = 0; i < 50; i++) assert.equal(await other.call(ECHO, i), i);
      }
      assert(served() < calls / 2, `${served()} of ${calls} calls were served, and their replies lie in memory`);
      lazy.resume();
      for (let i = 0; i < calls; i++) assert.equal((await lazy.receive()).length, 28 + bytes);
      assert.equal(served(), calls);
      await lazy.die();
      await server.close();
    },
  },
  {
    title: "close() during calls rejects them with RPC_CLOSED, and later ones too",
    async run(row) {
      const gate = new Gate();
      const service = testService(async (arg) => {
        await gate.opened;
        return arg;
      });
      const { server, connect } = await row.serve(service);
      const connection = await connect();
      const calls = Array.from({ length: 50 }, (_, i) =>
        assert.rejects(connection.call(RUN, i), { code: "RPC_CLOSED" }),
      );
      await until(() => server.stats().procedures.some((each) => each.calls === 50));
      await connection.close();
      await Promise.all(calls);
      assert.equal(connection.outstanding, 0);
      await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CLOSED" });
      await assert.rejects(connection.send(ECHO, 1), { code: "RPC_CLOSED" });
      gate.open();
      await server.close();
    },
  },
  {
    title: "a server that closes answers the calls that it runs",
    async run(row) {
      const gate = new Gate();
      const service = testService(async (arg) => {
        await gate.opened;
        return arg;
      });
      const { server, connect } = await row.serve(service);
      await using connection = await connect();
      const calls = Array.from({ length: 50 }, (_, i) => connection.call(RUN, i));
      await until(() => server.stats().procedures.some((each) => each.calls === 50));
      const closing = server.close();
      gate.open();
      assert.deepEqual(
        await Promise.all(calls),
        Array.from({ length: 50 }, (_, i) => i),
      );
      await closing;
      assert.equal(server.connections, 0);
    },
  },
  {
    title: "ending twice is ending once, for a connection and a server",
    async run(row) {
      const { server, connect, idleConnections } = await row.serve(testService());
      const connection = await connect();
      assert.equal(await connection.call(ECHO, 1), 1);
      await Promise.all([connection.close(), connection.close(), connection[Symbol.asyncDispose]()]);
      await connection.close();
      await connection.closed;
      assert.equal(connection.connected, false);
      await until(() => server.connections === idleConnections);
      await Promise.all([server.close(), server.close(), server[Symbol.asyncDispose]()]);
      await server.close();
      assert.equal(server.connections, 0);
      await assert.rejects(server.listen({ portmap: "off" }), { code: "RPC_CLOSED" });
      assert.throws(() => new RpcServer().attach(connection).attach(connection), /has a server already/);
    },
  },
  {
    title: "100 connections that come and go leave none",
    async run(row) {
      const { server, connect, idleConnections } = await row.serve(testService());
      for (let i = 0; i < 10; i++) {
        const some = await Promise.all(Array.from({ length: 10 }, () => connect()));
        await Promise.all(
          some.map(async (each, j) => {
            assert.equal(await each.call(ECHO, j), j);
          }),
        );
        await Promise.all(some.map((each) => each.close()));
      }
      await until(() => server.connections === idleConnections);
      await server.close();
    },
  },
];
