/** Cases of messages: their limits, and those that are malformed. */
import assert from "node:assert/strict";
import { type RpcContext, type RpcError, method, rpcService } from "../../../src/runtime/index.ts";
import { BLOB, ECHO, PROGRAM, RUN, SERVICE, TEXT, VERSION, call, hexWords, testService, words } from "../support.ts";
import type { ConformanceCase } from "./case.ts";

/** Bytes in front of a blob's own: in a call with AUTH_NONE, and in a reply, its length included. */
const CALL_BYTES = 44;
const REPLY_BYTES = 28;
const LIMIT = 2048;

/** A blob of as many bytes as are asked for. */
const GROW = { ...BLOB, number: 6, name: "GROW", args: ECHO.args };
const growingService = rpcService("TEST_PROG", PROGRAM, VERSION, [
  method(
    ECHO,
    (arg: number) => arg,
    (handler, arg) => handler(arg),
  ),
  method(
    BLOB,
    (arg: Uint8Array) => arg.subarray(0, 4),
    (handler, arg) => handler(arg),
  ),
  method(
    GROW,
    (bytes: number) => new Uint8Array(bytes),
    (handler, bytes) => handler(bytes),
  ),
]);

/** What a call of xid 7 is answered with. */
const reply = (...rest: string[]): string => ["00000007", "00000001", ...rest].join(" ");
const ACCEPTED = ["00000000", "00000000", "00000000"] as const;

/** Messages with their answers. */
const BAD_CALLS: readonly (readonly [what: string, message: Buffer, answer: string])[] = [
  ["version 3 of RPC", words(7, 0, 3, 1, 1, 1), reply("00000001", "00000000", "00000002", "00000002")],
  ["no arguments", call(7, ECHO.number), reply(...ACCEPTED, "00000004")],
  ["bytes behind the arguments", call(7, ECHO.number, 1, 2), reply(...ACCEPTED, "00000004")],
  ["a length beyond the end", call(7, TEXT.number, 0xffff_ffff, 0x61626364), reply(...ACCEPTED, "00000004")],
  ["another procedure", call(7, 98), reply(...ACCEPTED, "00000003")],
  [
    "another version of the program",
    words(7, 0, 2, PROGRAM, 9, 1, 0, 0, 0, 0),
    reply(...ACCEPTED, "00000002", "00000003", "00000003"),
  ],
  ["another program", words(7, 0, 2, 0x2fff_ffff, 1, 1, 0, 0, 0, 0), reply(...ACCEPTED, "00000001")],
  [
    "an AUTH_SYS credential that is cut",
    words(7, 0, 2, PROGRAM, VERSION, 1, 1, 8, 0, 0xffff_ffff, 0, 0, 1),
    reply("00000001", "00000001", "00000001"),
  ],
  [
    "a flavor that nobody knows",
    words(7, 0, 2, PROGRAM, VERSION, 1, 99, 0, 0, 0, 1),
    reply("00000001", "00000001", "00000002"),
  ],
];

/** Messages that have no answer. */
const UNANSWERABLE: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from([1, 2, 3]),
  words(7),
  words(7, 0),
  words(7, 2, 2, PROGRAM),
  words(7, 1, 0, 0, 0, 0, 5), // a reply that nobody waits for
  call(7, ECHO.number, 1).subarray(0, 30),
  words(7, 0, 2, PROGRAM, VERSION, 1, 1, 401, ...Array<number>(101).fill(0)), // a credential of more than 400 bytes
  words(7, 0, 2, PROGRAM, VERSION, 1, 0, 0xffff_fffc),
];

/** What follows a reply's xid and type, and the code that its call fails with. */
const BAD_REPLIES: readonly (readonly [what: string, rest: Buffer, code: string])[] = [
  ["nothing", Buffer.alloc(0), "RPC_CANTDECODERES"],
  ["an unknown reply_stat", words(9), "RPC_CANTDECODERES"],
  ["an unknown accept_stat", words(0, 0, 0, 77), "RPC_CANTDECODERES"],
  ["a verifier that is cut", words(0, 0, 400, 0), "RPC_CANTDECODERES"],
  ["no result", words(0, 0, 0, 0), "RPC_CANTDECODERES"],
  ["bytes behind the result", words(0, 0, 0, 0, 1, 2), "RPC_CANTDECODERES"],
  ["RPC_MISMATCH", words(1, 0, 2, 2), "RPC_VERSMISMATCH"],
  ["AUTH_TOOWEAK", words(1, 1, 5), "RPC_AUTHERROR"],
  ["SYSTEM_ERR", words(0, 0, 0, 5), "RPC_SYSTEMERROR"],
];

export const MESSAGE_CASES: readonly ConformanceCase[] = [
  {
    title: "a call of exactly the limit is sent, one unit more is refused here",
    async run(row) {
      const { server, connect } = await row.serve(growingService, row.limit(LIMIT));
      await using connection = await connect(row.limit(LIMIT));
      const most = LIMIT - CALL_BYTES;
      assert.equal((await connection.call(BLOB, new Uint8Array(most))).length, 4);
      const other = connection.call(ECHO, 1);
      await assert.rejects(connection.call(BLOB, new Uint8Array(most + 4)), { code: "RPC_CANTENCODEARGS" });
      await assert.rejects(connection.send(BLOB, new Uint8Array(most + 4)), { code: "RPC_CANTENCODEARGS" });
      assert.equal(await other, 1);
      assert.equal(connection.outstanding, 0);
      await server.close();
    },
  },
  {
    title: "a result of exactly the limit is sent, one unit more is SYSTEM_ERR",
    async run(row) {
      const errors: unknown[] = [];
      const onError = (error: unknown): void => void errors.push(error);
      const { server, connect } = await row.serve(growingService, { ...row.limit(LIMIT), onError });
      await using connection = await connect();
      const most = LIMIT - REPLY_BYTES;
      assert.equal((await connection.call(GROW, most)).length, most);
      assert.equal(errors.length, 0);
      await assert.rejects(connection.call(GROW, most + 4), { code: "RPC_SYSTEMERROR" });
      assert.match(String(errors[0]), new RegExp(String(LIMIT)));
      assert.equal(await connection.call(ECHO, 2), 2);
      await server.close();
    },
  },
  {
    title: "a call that is longer than the server takes ends its connection, and no other",
    needs: ["receive-limit"],
    async run(row) {
      const { server, connect } = await row.serve(growingService, row.limit(LIMIT));
      await using other = await connect();
      await using connection = await connect();
      assert.equal((await connection.call(BLOB, new Uint8Array(LIMIT - CALL_BYTES))).length, 4);
      await assert.rejects(connection.call(BLOB, new Uint8Array(LIMIT)), { code: "RPC_CANTRECV" });
      assert.equal(await other.call(ECHO, 3), 3);
      assert.equal(await connection.call(ECHO, 4), 4, "it connects again");
      await server.close();
    },
  },
  {
    title: "a reply that is longer than the client takes fails its call, and the next one is answered",
    needs: ["receive-limit"],
    async run(row) {
      const { server, connect } = await row.serve(growingService);
      await using connection = await connect(row.limit(LIMIT));
      assert.equal((await connection.call(GROW, LIMIT - REPLY_BYTES)).length, LIMIT - REPLY_BYTES);
      await assert.rejects(connection.call(GROW, LIMIT), (error: RpcError) => {
        assert.equal(error.code, "RPC_CANTRECV");
        assert.match(error.message, /exceeds 2048/);
        return true;
      });
      assert.equal(await connection.call(ECHO, 5), 5);
      await server.close();
    },
  },
  {
    title: "a malformed call gets the answer that it deserves, and its connection lives on",
    needs: ["raw"],
    async run(row) {
      const { server, connect, raw } = await row.serve(testService(), { xdr: "strict" });
      await using other = await connect();
      const peer = await raw();
      for (const [what, message, answer] of BAD_CALLS) assert.equal(await peer.ask(message), answer, what);
      for (const message of UNANSWERABLE) peer.send(message);
      assert.equal(await peer.ask(call(7, ECHO.number, 12)), reply(...ACCEPTED, "00000000", "0000000c"));
      assert.equal(await other.call(ECHO, 1), 1);
      await peer.die();
      await server.close();
    },
  },
  {
    title: "a malformed reply fails its own call with the right code",
    needs: ["raw"],
    async run(row) {
      const server = await row.rawServer();
      const connection = await server.connect({ tryTimeoutMs: 5000, xdr: "strict" });
      for (const [what, rest, code] of BAD_REPLIES) {
        const result = connection.call(ECHO, 1);
        const { message, reply: send } = await server.next();
        assert.equal(hexWords(message.subarray(4)), hexWords(call(0, ECHO.number, 1).subarray(4)));
        // Noise first: too short, of another call, and a call that nobody serves.
        for (const noise of [Buffer.alloc(3), words(1, 1, 0, 0, 0, 0, 9), call(1, 1, 1)]) send(noise);
        send(Buffer.concat([message.subarray(0, 4), words(1), rest]));
        await assert.rejects(result, { code }, what);
      }
      const result = connection.call(ECHO, 8);
      const { message, reply: send } = await server.next();
      send(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 8)]));
      assert.equal(await result, 8);
      assert.equal(connection.outstanding, 0);
      assert.equal(connection.stats().strayReplies, BAD_REPLIES.length);
      assert.equal(connection.stats().reconnects, 0);
      await connection.close();
      await server.close();
    },
  },
  {
    title: "a handler's errors and rejections reach the caller, and nobody else",
    async run(row) {
      const errors: unknown[] = [];
      const codes = [
        ["GARBAGE_ARGS", "RPC_CANTDECODEARGS"],
        ["PROC_UNAVAIL", "RPC_PROCUNAVAIL"],
        ["PROG_UNAVAIL", "RPC_PROGUNAVAIL"],
        ["SYSTEM_ERR", "RPC_SYSTEMERROR"],
        ["AUTH_TOOWEAK", "RPC_AUTHERROR"],
      ] as const;
      const handler = (arg: number, ctx: RpcContext): number => {
        const code = codes[arg]?.[0];
        if (code !== undefined) ctx.reject(code);
        if (arg === 50) ctx.reject({ code: "PROG_MISMATCH", low: 4, high: 6 });
        throw new Error(`no ${arg}`);
      };
      const onError = (error: unknown): void => void errors.push(error);
      const { server, connect } = await row.serve(testService(handler), { onError });
      await using connection = await connect();
      for (const [i, [, code]] of codes.entries()) {
        const other = connection.call(ECHO, i);
        await assert.rejects(connection.call(RUN, i), { code });
        assert.equal(await other, i);
      }
      await assert.rejects(connection.call(RUN, 50), { code: "RPC_PROGVERSMISMATCH", low: 4, high: 6 });
      assert.equal(errors.length, 0);
      await assert.rejects(connection.call(RUN, 51), { code: "RPC_SYSTEMERROR" });
      assert.deepEqual(errors.map(String), ["Error: no 51"]);
      const of = { program: PROGRAM, programName: "X", name: "Y" };
      await assert.rejects(connection.call({ ...ECHO, ...of, version: 9 }, 1), {
        code: "RPC_PROGVERSMISMATCH",
        low: SERVICE.version,
        high: SERVICE.version,
      });
      await assert.rejects(connection.call({ ...ECHO, ...of, program: 0x2fff_ffff }, 1), { code: "RPC_PROGUNAVAIL" });
      await assert.rejects(connection.call({ ...ECHO, ...of, number: 98 }, 1), { code: "RPC_PROCUNAVAIL" });
      await server.close();
    },
  },
];
