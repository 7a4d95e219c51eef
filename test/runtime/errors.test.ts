import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type ConnectOptions, RpcError, type RpcErrorCode, RpcServer, connect } from "../../src/runtime/index.ts";
import { RawServer, denyAuth, replyTo } from "./raw-server.ts";
import { BLOB, ECHO, RUN, type RawPeer, SERVICE, TEXT, TRANSPORTS, serve, testService, words } from "./support.ts";
import type { RpcConnection } from "../../src/runtime/index.ts";

interface Scene {
  readonly connection: RpcConnection;
  readonly peer: RawPeer;
}

interface Expected {
  readonly code: RpcErrorCode;
  /** What the cause says; undefined where there is none. */
  readonly cause?: RegExp;
  readonly details?: Partial<Pick<RpcError, "low" | "high" | "authStat">>;
  readonly act: (scene: Scene) => Promise<unknown>;
}

/** Answers the next call with these words behind its xid. */
async function answer({ connection, peer }: Scene, ...reply: number[]): Promise<unknown> {
  const result = connection.call(ECHO, 1);
  peer.send(Buffer.concat([(await peer.receive()).subarray(0, 4), words(...reply)]));
  return result;
}

/** Each way in which a call over an open stream can end but well. */
const ENDS: readonly Expected[] = [
  { code: "RPC_CANTENCODEARGS", cause: /^XdrError/, act: ({ connection }) => connection.call(ECHO, 2 ** 40) },
  { code: "RPC_CANTENCODEARGS", cause: /maxBytes/, act: ({ connection }) => connection.call(BLOB, new Uint8Array(5_000_000)) },
  { code: "RPC_CANTDECODERES", cause: /^XdrError/, act: (scene) => answer(scene, 1, 0, 0, 0, 0) },
  { code: "RPC_CANTDECODERES", cause: /^XdrError/, act: (scene) => answer(scene, 1, 7) },
  { code: "RPC_CANTDECODERES", cause: /^XdrError/, act: (scene) => answer(scene, 1, 0, 0, 0, 77) },
  { code: "RPC_CANTRECV", act: async ({ connection, peer }) => {
    const result = connection.call(ECHO, 1);
    await peer.receive();
    peer.socket.end();
    return result;
  } },
  { code: "RPC_CANTRECV", cause: /ECONNRESET/, act: async ({ connection, peer }) => {
    const result = connection.call(ECHO, 1);
    await peer.receive();
    peer.socket.resetAndDestroy();
    return result;
  } },
  { code: "RPC_CANTRECV", cause: /exceeds 4194304/, act: async ({ connection, peer }) => {
    const result = connection.call(ECHO, 1);
    await peer.receive();
    peer.socket.write(words(0xffff_ffff));
    return result;
  } },
  { code: "RPC_TIMEDOUT", act: ({ connection }) => connection.call(ECHO, 1, { timeoutMs: 5 }) },
  { code: "RPC_VERSMISMATCH", details: { low: 3, high: 4 }, act: (scene) => answer(scene, 1, 1, 0, 3, 4) },
  { code: "RPC_AUTHERROR", details: { authStat: "AUTH_TOOWEAK" }, act: (scene) => answer(scene, 1, 1, 1, 5) },
  { code: "RPC_AUTHERROR", details: { authStat: "AUTH_INVALIDRESP" }, act: async ({ connection, peer }) => {
    const auth = { flavor: 0, marshal: (w: { uint32: (value: number) => void }): void => { for (let i = 0; i < 4; i++) w.uint32(0); }, validate: () => false };
    const result = connection.call(ECHO, 1, { auth });
    peer.send(replyTo(await peer.receive(), [1]));
    return result;
  } },
  { code: "RPC_AUTHERROR", cause: /no ticket/, act: ({ connection }) => connection.call(ECHO, 1, { auth: { flavor: 0, marshal: () => undefined, setUp: () => Promise.reject(new Error("no ticket")) } }) },
  { code: "RPC_AUTHERROR", cause: /no key/, act: async ({ connection, peer }) => {
    const auth = { flavor: 0, marshal: (w: { uint32: (value: number) => void }): void => { for (let i = 0; i < 4; i++) w.uint32(0); }, refresh: () => Promise.reject(new Error("no key")) };
    const result = connection.call(ECHO, 1, { auth });
    peer.send(denyAuth(await peer.receive(), 2));
    return result;
  } },
  { code: "RPC_PROGUNAVAIL", act: (scene) => answer(scene, 1, 0, 0, 0, 1) },
  { code: "RPC_PROGVERSMISMATCH", details: { low: 5, high: 6 }, act: (scene) => answer(scene, 1, 0, 0, 0, 2, 5, 6) },
  { code: "RPC_PROCUNAVAIL", act: (scene) => answer(scene, 1, 0, 0, 0, 3) },
  { code: "RPC_CANTDECODEARGS", act: (scene) => answer(scene, 1, 0, 0, 0, 4) },
  { code: "RPC_SYSTEMERROR", act: (scene) => answer(scene, 1, 0, 0, 0, 5) },
  { code: "RPC_ABORTED", cause: /enough/, act: ({ connection }) => {
    const controller = new AbortController();
    const result = connection.call(ECHO, 1, { signal: controller.signal });
    controller.abort(new Error("enough"));
    return result;
  } },
  { code: "RPC_ABORTED", cause: /before/, act: ({ connection }) => connection.call(ECHO, 1, { signal: AbortSignal.abort(new Error("before")) }) },
  { code: "RPC_CLOSED", act: ({ connection }) => {
    const result = connection.call(ECHO, 1);
    result.catch(() => undefined);
    return connection.close().then(() => result);
  } },
  { code: "RPC_CLOSED", act: async ({ connection }) => {
    await connection.close();
    return connection.call(ECHO, 1);
  } },
]; // prettier-ignore

/** Every detail of a call's failure. */
function check(error: unknown, { code, cause, details = {} }: Omit<Expected, "act">, peer: string): true {
  assert(error instanceof RpcError, String(error));
  assert.equal(error.code, code, error.message);
  assert.equal(error.name, "RpcError");
  assert(error.procedure !== undefined);
  assert.match(error.procedure.name, /^(ECHO|BLOB|TEXT|RUN)$/);
  assert.equal(error.procedure.programName, "TEST_PROG");
  assert.equal(String(error.peer), peer);
  assert(error.message.startsWith(`TEST_PROG version 3 ${error.procedure.name} at ${peer}: `), error.message);
  if (cause === undefined) assert.equal(error.cause, undefined);
  else assert.match(`${(error.cause as Error).name}: ${(error.cause as Error).message}`, cause);
  assert.deepEqual({ low: error.low, high: error.high, authStat: error.authStat }, { low: undefined, high: undefined, authStat: undefined, ...details }); // prettier-ignore
  return true;
}

describe("runtime: how calls end", () => {
  for (const [i, { act, ...expected }] of ENDS.entries()) {
    it(`${i + 1}. ${expected.code}, with the procedure, the peer${expected.cause === undefined ? "" : " and its cause"}`, async () => {
      const server = await RawServer.listen();
      const scene = await server.connect({ reconnect: false });
      await assert.rejects(act(scene), (error) => check(error, expected, `tcp 127.0.0.1:${server.port}`));
      assert.equal(scene.connection.outstanding, 0);
      await scene.connection.close();
      await server.close();
    });
  }

  it("RPC_CANTCONNECT where a connection that was lost can't be made again", async () => {
    const server = await RawServer.listen();
    const { connection } = await server.connect({ reconnect: { maxAttempts: 1 } });
    await server.close();
    while (connection.connected) await new Promise(setImmediate);
    await assert.rejects(connection.call(ECHO, 1), (error) =>
      check(error, { code: "RPC_CANTCONNECT", cause: /ECONNREFUSED/ }, `tcp 127.0.0.1:${server.port}`),
    );
    await connection.close();
  });

  it("udp: RPC_CANTRECV where nobody listens, RPC_TIMEDOUT where nobody answers, RPC_CANTENCODEARGS of what is too large", async () => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    const to: ConnectOptions = { host: "127.0.0.1", port, transport: "udp", maxUdpBytes: 65_507, refusedTimeoutMs: 0 };
    const connection = await connect(SERVICE, to);
    const peer = `udp 127.0.0.1:${port}`;
    await assert.rejects(connection.call(ECHO, 1, { timeoutMs: 5 }), (error) =>
      check(error, { code: "RPC_TIMEDOUT" }, peer),
    );
    await assert.rejects(connection.call(TEXT, "x".repeat(65_507 - 44 + 4)), (error) =>
      check(error, { code: "RPC_CANTENCODEARGS", cause: /maxBytes/ }, peer),
    );
    socket.close();
    await once(socket, "close");
    await assert.rejects(connection.call(ECHO, 1), (error) =>
      check(error, { code: "RPC_CANTRECV", cause: /ECONNREFUSED/ }, peer),
    );
    await connection.close();
  });

  it("RPC_CANTSEND: a server's udp socket has no peer to call back", async () => {
    let seen: unknown;
    const service = testService(async (arg, ctx) => {
      await ctx.connection.call(ECHO, 1).catch((error: unknown) => (seen = error));
      return arg;
    });
    const { server, to } = await serve("udp", service);
    const connection = await connect(SERVICE, to);
    await connection.call(RUN, 1);
    assert(seen instanceof RpcError);
    assert.deepEqual([seen.code, seen.procedure?.name, seen.peer, seen.cause instanceof Error], ["RPC_CANTSEND", "ECHO", undefined, true]); // prettier-ignore
    await connection.close();
    await server.close();
  });

  for (const transport of [...TRANSPORTS, "memory"] as const) {
    it(`what a server of ours answers, over ${transport}`, async () => {
      const service = testService((arg) => {
        if (arg === 1) throw new Error("unlucky");
        return arg;
      });
      const onError = (): void => undefined;
      let server: RpcServer;
      let connection: RpcConnection;
      if (transport === "memory") {
        server = new RpcServer({ onError }).add(service);
        connection = server.connect();
      } else {
        const served = await serve(transport, service, { onError });
        ({ server } = served);
        connection = await connect(SERVICE, served.to);
      }
      const peer = String(connection.peer);
      const cases: [Omit<Expected, "act">, Promise<unknown>][] = [
        [{ code: "RPC_PROGUNAVAIL" }, connection.call({ ...ECHO, program: 0x2fff_ffff }, 1)],
        [{ code: "RPC_PROCUNAVAIL" }, connection.call({ ...ECHO, number: 77 }, 1)],
        [{ code: "RPC_CANTDECODEARGS" }, connection.call({ ...ECHO, number: TEXT.number }, 100)],
        [{ code: "RPC_SYSTEMERROR" }, connection.call(RUN, 1)],
        [{ code: "RPC_AUTHERROR", details: { authStat: "AUTH_REJECTEDCRED" } }, connection.call(ECHO, 1, { auth: { flavor: 99, marshal: (w) => { for (const word of [99, 0, 0, 0]) w.uint32(word); } } })], // prettier-ignore
      ];
      for (const [expected, result] of cases) await assert.rejects(result, (error) => check(error, expected, peer));
      await assert.rejects(connection.call({ ...ECHO, version: 9 }, 1), {
        code: "RPC_PROGVERSMISMATCH",
        low: 3,
        high: 3,
      });
      assert.equal(await connection.call(ECHO, 1), 1);
      await connection.close();
      await server.close();
    });
  }
});
