import assert from "node:assert/strict";
import { type AuthStatName, type Guard, connect } from "../../src/runtime/index.ts";
import { AuthStat } from "../../src/runtime/gen/rpc_msg.ts";
import { RawServer, denyAuth } from "./raw-server.ts";
import { ECHO, PROGRAM, RUN, RawPeer, SERVICE, TEXT, VERSION, call, serve, testService, words } from "./support.ts";

const REASONS = Object.entries(AuthStat).filter(
  (entry): entry is [AuthStatName, Exclude<AuthStat, 0>] => entry[0] !== "AUTH_OK",
);

describe("runtime: guards", () => {
  it("there are fourteen reasons", () => {
    assert.deepEqual(REASONS.map(([, number]) => number), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]); // prettier-ignore
  });

  for (const [way, guardWith] of [
    [
      "at once",
      (reason: AuthStatName): Guard =>
        (ctx) =>
          ctx.reject(reason),
    ],
    [
      "later",
      (reason: AuthStatName): Guard =>
        async (ctx) => {
          await new Promise(setImmediate);
          ctx.reject(reason);
        },
    ],
  ] as const) {
    for (const [name, number] of REASONS) {
      it(`answers ${name} ${way}, before the arguments are decoded`, async () => {
        let ran = 0;
        const service = testService((arg) => {
          ran++;
          return arg;
        });
        const { server, bound, to } = await serve("tcp", service, { guard: guardWith(name) });
        const peer = await RawPeer.connect(bound);
        // MSG_DENIED, AUTH_ERROR; once with arguments that can't be decoded.
        for (const request of [call(7, RUN.number, 1), call(7, TEXT.number, 1000), call(7, RUN.number)]) {
          assert.deepEqual(await peer.ask(request), `00000007 00000001 00000001 00000001 ${number.toString(16).padStart(8, "0")}`); // prettier-ignore
        }
        const connection = await connect(SERVICE, to);
        await assert.rejects(
          connection.call(RUN, 1),
          (error: { code?: string; authStat?: string; message: string }) => {
            assert.deepEqual([error.code, error.authStat], ["RPC_AUTHERROR", name]);
            assert.match(error.message, new RegExp(`TEST_PROG version 3 RUN at tcp 127.*${name}$`));
            return true;
          },
        );
        assert.equal(ran, 0);
        const counts = server.stats().procedures.find(({ procedure }) => procedure.number === RUN.number);
        assert.deepEqual([counts?.calls, counts?.rejected, counts?.failures], [0, 3, 0]);
        peer.socket.destroy();
        await connection.close();
        await server.close();
      });
    }
  }

  it("sees the call, and lets it pass, at once or later", async () => {
    const seen: unknown[] = [];
    for (const guard of [
      (ctx) => void seen.push([ctx.procedure.name, ctx.xid !== 0, ctx.transport, ctx.peer.host, ctx.caller.flavor]),
      async (ctx) => {
        await new Promise(setImmediate);
        seen.push(ctx.procedure.name);
      },
    ] satisfies Guard[]) {
      const { server, to } = await serve("tcp", testService(), { guard });
      const connection = await connect(SERVICE, to);
      assert.equal(await connection.call(ECHO, 5), 5);
      await connection.close();
      await server.close();
    }
    assert.deepEqual(seen, [["ECHO", true, "tcp", "127.0.0.1", 0], "ECHO"]);
  });

  it("one that fails is a handler that failed: SYSTEM_ERR, and onError is told", async () => {
    for (const guard of [
      () => {
        throw new Error("no database");
      },
      () => Promise.reject(new Error("no database")),
    ] satisfies Guard[]) {
      const told: unknown[] = [];
      const { server, to } = await serve("udp", testService(), { guard, onError: (error) => told.push(String(error)) });
      const connection = await connect(SERVICE, to);
      await assert.rejects(connection.call(ECHO, 1), { code: "RPC_SYSTEMERROR" });
      assert.deepEqual(told, ["Error: no database"]);
      await connection.close();
      await server.close();
    }
  });

  it("can refuse with every other answer, too", async () => {
    const guard: Guard = (ctx) => ctx.reject({ code: "PROG_MISMATCH", low: 5, high: 6 });
    const { server, bound } = await serve("tcp", testService(), { guard });
    const peer = await RawPeer.connect(bound);
    assert.equal(
      await peer.ask(call(1, ECHO.number, 1)),
      "00000001 00000001 00000000 00000000 00000000 00000002 00000005 00000006",
    );
    // The flavor comes first: nobody asks a guard about credentials that are none.
    assert.equal(
      await peer.ask(words(2, 0, 2, PROGRAM, VERSION, ECHO.number, 99, 0, 0, 0, 1)),
      "00000002 00000001 00000001 00000001 00000002",
    );
    peer.socket.destroy();
    await server.close();
  });
});

describe("runtime: a client whose credentials are rejected", () => {
  for (const [number, name] of [
    [0, "AUTH_FAILED"],
    [15, "AUTH_FAILED"],
    [4_294_967_295, "AUTH_FAILED"],
    ...REASONS.map(([each, value]) => [value, each] as const),
  ] as const) {
    it(`auth_stat ${number} is RPC_AUTHERROR with ${name}`, async () => {
      const server = await RawServer.listen();
      const { connection, peer } = await server.connect();
      const result = connection.call(ECHO, 1);
      peer.send(denyAuth(await peer.receive(), number));
      await assert.rejects(result, (error: { code?: string; authStat?: string; message: string }) => {
        assert.deepEqual([error.code, error.authStat], ["RPC_AUTHERROR", name]);
        if (number > 14) assert.match(error.message, new RegExp(`auth_stat ${number}$`));
        return true;
      });
      await connection.close();
      await server.close();
    });
  }
});
