import assert from "node:assert/strict";
import {
  type ClientInterceptor,
  type Rejection,
  type RpcConnection,
  RpcError,
  RpcServer,
  type ServerInterceptor,
  type ServerOptions,
  type ConnectionOptions,
  NO_REPLY,
  authSys,
} from "../../src/runtime/index.ts";
import { ContextAuth, ContextServer } from "./context-flavor.ts";
import { ECHO, RUN, TEXT, testService } from "./support.ts";

describe("runtime: interceptors", () => {
  let server: RpcServer;
  let connection: RpcConnection;
  let runs: number[];

  const make = (
    client: readonly ClientInterceptor[],
    serving: readonly ServerInterceptor[],
    more: { server?: ServerOptions; client?: ConnectionOptions } = {},
  ): void => {
    // prettier-ignore
    runs = [];
    server = new RpcServer({ interceptors: serving, ...more.server }).add(
      testService((arg) => {
        runs.push(arg);
        if (arg === 13) throw new Error("unlucky");
        return arg;
      }),
    );
    connection = server.connect({ interceptors: client, ...more.client });
  };

  afterEach(async () => {
    await connection.close();
    await server.close();
  });

  it("see one-way calls, which they may change, answer or refuse; what they know of them is that they are one-way", async () => {
    const seen: unknown[] = [];
    make(
      [
        (next) => async (call) => {
          seen.push([call.procedure.name, call.args, call.isOneWay, call.connection === connection]);
          if (call.args === 1) throw new Error("not allowed");
          if (call.args === 2) return undefined;
          const result = await next({ ...call, args: (call.args as number) + 1 });
          seen.push(result);
          return result;
        },
      ],
      [],
    );
    await assert.rejects(connection.send(RUN, 1), { message: "not allowed" });
    await connection.send(RUN, 2);
    await connection.send(RUN, 3);
    assert.equal(await connection.call(RUN, 4), 5);
    assert.deepEqual(runs, [4, 5]);
    assert.deepEqual(seen, [
      ["RUN", 1, true, true],
      ["RUN", 2, true, true],
      ["RUN", 3, true, true],
      undefined,
      ["RUN", 4, false, true],
      5,
    ]);
  });

  it("the first is the outermost, on both sides", async () => {
    const log: string[] = [];
    const client =
      (name: string): ClientInterceptor =>
      (next) =>
      async (call) => {
        log.push(`${name} before`);
        const result = await next(call);
        log.push(`${name} after`);
        return result;
      };
    const serving =
      (name: string): ServerInterceptor =>
      (next) =>
      async (call) => {
        log.push(`${name} before`);
        const result = await next(call);
        log.push(`${name} after`);
        return result;
      };
    make([client("A"), client("B")], [serving("C"), serving("D")]);
    assert.equal(await connection.call(RUN, 1), 1);
    const order = ["A", "B", "C", "D"];
    assert.deepEqual(log, [...order.map((name) => `${name} before`), ...order.reverse().map((name) => `${name} after`)]); // prettier-ignore
  });

  it("they see the call", async () => {
    const seen: unknown[] = [];
    make(
      [(next) => (call) => {
        seen.push([call.procedure.name, call.args, call.options.timeoutMs, call.connection === connection]);
        return next(call);
      }],
      [(next) => (call) => {
        seen.push([call.ctx.procedure.name, call.args, call.ctx.transport, call.ctx.caller.claimed?.uid]);
        return next(call);
      }],
    ); // prettier-ignore
    await connection.call(TEXT, "hi", { timeoutMs: 500, auth: authSys({ uid: 5 }) });
    assert.deepEqual(seen, [["TEXT", "hi", 500, true], ["TEXT", "hi", "local", 5]]); // prettier-ignore
  });

  it("they change arguments, options and results", async () => {
    const seen: unknown[] = [];
    make(
      [(next) => async (call) => {
        const options = { ...call.options, auth: authSys({ uid: 77 }) };
        return (await next({ ...call, args: (call.args as number) + 1, options })) as number * 10;
      }],
      [(next) => async ({ args, ctx }) => {
        seen.push(ctx.caller.claimed?.uid);
        return (await next({ args: (args as number) + 100, ctx })) as number + 1000;
      }],
    ); // prettier-ignore
    assert.equal(await connection.call(RUN, 1), 11_020);
    assert.deepEqual([runs, seen], [[102], [77]]);
  });

  it("they answer without calling on", async () => {
    make([(next) => (call) => (call.args === 1 ? Promise.resolve("cached") : next(call))], [(next) => (call) => (call.args === 2 ? 222 : next(call))]); // prettier-ignore
    assert.equal(await connection.call(RUN, 1), "cached");
    assert.equal(await connection.call(RUN, 2), 222);
    assert.equal(await connection.call(RUN, 3), 3);
    assert.deepEqual(runs, [3]);
  });

  it("they try again", async () => {
    let tries = 0;
    make(
      [(next) => async (call) => {
        for (;;) {
          try {
            return await next(call);
          } catch (error) {
            if (!(error instanceof RpcError) || error.code !== "RPC_SYSTEMERROR") throw error;
          }
        }
      }],
      [(next) => (call) => {
        if (++tries < 3) throw new Error("not yet");
        return next(call);
      }],
      { server: { onError: () => undefined } },
    ); // prettier-ignore
    assert.equal(await connection.call(RUN, 4), 4);
    assert.deepEqual([tries, runs], [3, [4]]);
  });

  it("what one throws, at once or later, rejects the call, and no call throws at once", async () => {
    make([(next) => (call) => {
      if (call.args === 1) throw new Error("refused");
      return next(call);
    }], []); // prettier-ignore
    const result = connection.call(RUN, 1);
    await assert.rejects(result, { message: "refused" });
    assert.equal(await connection.call(RUN, 2), 2);
  });

  it("what one throws at the server counts as the handler's, and what a handler throws comes by", async () => {
    const told: unknown[] = [];
    const passed: unknown[] = [];
    make(
      [],
      [(next) => async (call) => {
        if (call.args === 1) throw new Error("refused");
        if (call.args === 2) call.ctx.reject("AUTH_TOOWEAK");
        if (call.args === 3) return NO_REPLY;
        try {
          return await next(call);
        } catch (error) {
          passed.push(String(error));
          throw error;
        }
      }],
      { server: { onError: (error) => told.push(String(error)) } },
    ); // prettier-ignore
    await assert.rejects(connection.call(RUN, 1), { code: "RPC_SYSTEMERROR" });
    await assert.rejects(connection.call(RUN, 2), { code: "RPC_AUTHERROR", authStat: "AUTH_TOOWEAK" });
    await assert.rejects(connection.call(RUN, 3, { timeoutMs: 20 }), { code: "RPC_TIMEDOUT" });
    await assert.rejects(connection.call(RUN, 13), { code: "RPC_SYSTEMERROR" });
    assert.deepEqual(told, ["Error: refused", "Error: unlucky"]);
    assert.deepEqual(passed, ["Error: unlucky"]);
  });

  it("a server's one may hand on another context", async () => {
    const seen: unknown[] = [];
    const known: ServerInterceptor =
      (next) =>
      ({ args, ctx }) => {
        const { xid, procedure, transport, peer, local, connection: of, signal, encrypted } = ctx;
        const caller = { flavor: 0, claimed: undefined, proven: undefined, certificate: undefined, identity: "eve" };
        const reject = (rejection: Rejection): never => ctx.reject(rejection);
        return next({
          args,
          ctx: { xid, procedure, transport, peer, local, connection: of, signal, encrypted, caller, reject },
        });
      };
    runs = [];
    server = new RpcServer({ interceptors: [known] }).add(
      testService((arg, ctx) => {
        seen.push(ctx.caller.identity);
        if (arg === 2) ctx.reject("AUTH_BADCRED");
        return arg;
      }),
    );
    connection = server.connect();
    assert.equal(await connection.call(RUN, 1), 1);
    await assert.rejects(connection.call(RUN, 2), { authStat: "AUTH_BADCRED" });
    assert.deepEqual(seen, ["eve", "eve"]);
  });

  it("the calls that a flavor makes for itself are not theirs", async () => {
    const seen: string[] = [];
    const auth = new ContextAuth("dave");
    const client: ClientInterceptor = (next) => (call) => {
      seen.push(call.procedure.name);
      return next({ ...call, options: { ...call.options, auth } });
    };
    make([client], [], { server: { auth: [new ContextServer()] } });
    assert.equal(await connection.call(ECHO, 1), 1);
    assert.deepEqual(seen, ["ECHO"]);
  });
});
