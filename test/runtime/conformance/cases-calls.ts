/** Cases of calls: their answers, their order, their end before the answer. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { NO_REPLY, type RpcError, RpcServer } from "../../../src/runtime/index.ts";
import { BLOB, ECHO, NOTHING, RUN, TEXT, testService } from "../support.ts";
import { type ConformanceCase, Gate, until } from "./case.ts";

const CALLS = 400;

export const CALL_CASES: readonly ConformanceCase[] = [
  {
    title: `${CALLS} calls at a time each get their own answer`,
    async run(row) {
      const { server, connect } = await row.serve(testService());
      await using connection = await connect({ tryTimeoutMs: 50 });
      const text = (i: number): string => `${i} `.repeat(i % 50);
      const calls = Array.from({ length: CALLS }, (_, i) =>
        i % 2 === 0 ? connection.call(ECHO, i) : connection.call(TEXT, text(i)),
      );
      assert.equal(connection.outstanding, CALLS);
      const answers = await Promise.all(calls);
      assert.deepEqual(
        answers,
        Array.from({ length: CALLS }, (_, i) => (i % 2 === 0 ? i : text(i))),
      );
      assert.equal(connection.outstanding, 0);
      await server.close();
    },
  },
  {
    title: "replies find their calls in whatever order they come",
    async run(row) {
      const gates = Array.from({ length: 100 }, () => new Gate<number>());
      const started = new Set<number>();
      const { server, connect } = await row.serve(
        testService((arg) => {
          started.add(arg);
          return gates[arg]?.opened ?? -1;
        }),
      );
      await using connection = await connect();
      const order: number[] = [];
      const calls = gates.map(async (_, i) => {
        assert.equal(await connection.call(RUN, i), 1000 + i);
        order.push(i);
      });
      await until(() => started.size === gates.length);
      // 37 has no divisor in common with 100: each number once.
      const shuffled = gates.map((_, i) => (i * 37 + 11) % gates.length);
      for (const i of shuffled) {
        gates[i]?.open(1000 + i);
        await calls[i];
      }
      assert.deepEqual(order, shuffled);
      await server.close();
    },
  },
  {
    title: "a signal ends its own calls, leaves no listener, and late replies disturb nobody",
    async run(row) {
      const gate = new Gate();
      const running = new Set<number>();
      const { server, connect } = await row.serve(
        testService(async (arg) => {
          running.add(arg);
          await gate.opened;
          return arg;
        }),
      );
      await using connection = await connect();
      const controller = new AbortController();
      const { signal } = controller;
      const given = Array.from({ length: 20 }, (_, i) => connection.call(RUN, i, { signal }));
      const kept = Array.from({ length: 20 }, (_, i) => connection.call(RUN, 100 + i));
      await until(() => running.size === 40);
      controller.abort(new Error("enough"));
      for (const call of given) {
        await assert.rejects(call, (error: RpcError) => {
          assert.equal(error.code, "RPC_ABORTED");
          assert.match(String(error.cause), /enough/);
          return true;
        });
      }
      assert.equal(connection.outstanding, 20);
      assert.equal(getEventListeners(signal, "abort").length, 0);
      gate.open();
      assert.deepEqual(
        await Promise.all(kept),
        Array.from({ length: 20 }, (_, i) => 100 + i),
      );
      await until(() => connection.stats().strayReplies === 20);
      assert.equal(connection.outstanding, 0);
      await assert.rejects(connection.call(ECHO, 1, { signal }), { code: "RPC_ABORTED" });
      assert.equal(await connection.call(ECHO, 1), 1);
      await server.close();
    },
  },
  {
    title: "a call ends with its time, and others go on",
    async run(row) {
      const gate = new Gate();
      const { server, connect } = await row.serve(
        testService(async (arg) => {
          await gate.opened;
          return arg;
        }),
      );
      await using connection = await connect();
      const late = Array.from({ length: 20 }, (_, i) => connection.call(RUN, i, { timeoutMs: 20 }));
      const patient = connection.call(RUN, 99);
      for (const call of late) await assert.rejects(call, { code: "RPC_TIMEDOUT" });
      assert.equal(connection.outstanding, 1);
      assert.equal(await connection.call(ECHO, 5), 5);
      gate.open();
      assert.equal(await patient, 99);
      await until(() => connection.stats().strayReplies === 20);
      assert.equal(connection.outstanding, 0);
      assert.equal(server.stats().running, 0);
      await server.close();
    },
  },
  {
    title: "empty and huge messages arrive as they were",
    async run(row) {
      const limit = row.limit(row.hugeBytes);
      const { server, connect } = await row.serve(testService(), limit);
      await using connection = await connect(limit);
      await connection.call(NOTHING, undefined);
      assert.deepEqual(await connection.call(BLOB, new Uint8Array(0)), new Uint8Array(0));
      assert.equal(await connection.call(TEXT, ""), "");
      const huge = new Uint8Array(row.hugeBytes - 44);
      for (let i = 0; i < huge.length; i++) huge[i] = (i * 31) % 251;
      for (let i = 0; i < 3; i++) assert.equal(Buffer.compare(await connection.call(BLOB, huge), huge), 0);
      await server.close();
    },
  },
  {
    title: "a handler that answers NO_REPLY leaves its call to its time, and nothing behind",
    async run(row) {
      const { server, connect } = await row.serve(testService(() => NO_REPLY));
      await using connection = await connect();
      await assert.rejects(connection.call(RUN, 1, { timeoutMs: 20 }), { code: "RPC_TIMEDOUT" });
      assert.equal(await connection.call(ECHO, 2), 2);
      assert.equal(connection.outstanding, 0);
      assert.equal(connection.stats().strayReplies, 0);
      assert.equal(server.stats().running, 0);
      await server.close();
    },
  },
  {
    title: "one-way calls are run, and nobody waits for them",
    async run(row) {
      const seen = new Set<number>();
      const { server, connect } = await row.serve(
        testService((arg) => {
          seen.add(arg);
          return NO_REPLY;
        }),
      );
      await using connection = await connect();
      for (let i = 0; i < 50; i++) await connection.send(RUN, i);
      await connection.flush();
      assert.equal(connection.outstanding, 0);
      await until(() => seen.size === 50);
      assert.equal(await connection.call(ECHO, 3), 3);
      assert.equal(connection.stats().strayReplies, 0);
      await server.close();
    },
  },
  {
    title: "calls go in both directions over one connection",
    needs: ["both-ways"],
    async run(row) {
      // Each call of the client makes the server call the client, which calls the server's ECHO before it answers.
      const { server, connect } = await row.serve(
        testService(async (arg, ctx) => 2 * (await ctx.connection.call(RUN, arg))),
      );
      await using connection = await connect();
      const own = testService(async (arg) => 1 + (await connection.call(ECHO, arg)));
      const back = new RpcServer().add(own).attach(connection);
      const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => connection.call(RUN, i)));
      assert.deepEqual(
        answers,
        Array.from({ length: 100 }, (_, i) => 2 * (i + 1)),
      );
      assert.equal(connection.outstanding, 0);
      await back.close();
      assert.equal(await connection.call(ECHO, 1), 1, "the connection is not the attached server's to close");
      await server.close();
    },
  },
];
