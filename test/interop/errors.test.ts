import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { setImmediate } from "node:timers/promises";
import {
  type AuthStatName,
  NO_REPLY,
  type RpcConnection,
  RpcError,
  type RpcErrorCode,
  RpcServer,
} from "tsrpcgen/runtime";
import { voidCodec } from "tsrpcgen/xdr";
import { cPrograms } from "./c-programs.ts";
import { type Dissected, captured } from "./capture.ts";
import { PROBE_PROG, ProbeProgV1, ProbeProgV3 } from "./gen/probe.ts";
import { probeProgV1Service, probeProgV3Service } from "./gen/probe_svc.ts";
import { run } from "./namespace.ts";
import { OURS, withPortmapper } from "./portmappers.ts";
import { TRANSPORTS, probeServer, toProbe } from "./probe.ts";
import type { Running } from "./process.ts";
import { AUTH_BASE, AUTH_STATS, CLNT_STAT, WEAK_AUTH, rejection } from "./refusals.ts";
import { VersionRelay } from "./version-relay.ts";

const LATE = 300;
const SILENCE_MS = 200;
const ENOUGH_MS = 10_000;
const FIRST_PROCEDURE = 1;
const OTHER_PROGRAM = 0x2000_9999;

interface Failure {
  readonly code: RpcErrorCode;
  readonly low?: number;
  readonly high?: number;
  readonly authStat?: AuthStatName;
}

async function fails(call: Promise<unknown>, { code, low, high, authStat }: Failure): Promise<void> {
  await assert.rejects(call, (error) => {
    assert(error instanceof RpcError);
    const { code: was, low: wasLow, high: wasHigh, authStat: wasStat } = error;
    assert.deepEqual([was, wasLow, wasHigh, wasStat], [code, low, high, authStat]);
    return true;
  });
}

/** What the messages of all tests must have had among them. */
function assertErrorsSeen(messages: readonly Dissected[]): void {
  const replies = messages.filter(({ type }) => type === "1");
  const seen = (of: (message: Dissected) => string): string[] =>
    [...new Set(replies.map(of))].filter((value) => value !== "").sort((a, b) => Number(a) - Number(b));
  assert.deepEqual(
    seen(({ acceptStat }) => acceptStat),
    ["0", "1", "2", "3", "4", "5"],
  );
  assert.deepEqual(
    seen(({ authStat }) => authStat),
    AUTH_STATS.map((_name, i) => String(i + 1)),
  );
}

withPortmapper(OURS, "error replies", () => {
  describe("our client calls a C server", () => {
    let server: Running;
    before(async () => {
      server = await probeServer("/run/errors-c.sock");
    });
    after(() => server.end());

    const refused = (connection: RpcConnection, how: number): Promise<number> =>
      connection.call(ProbeProgV1.refuse, how);

    for (const transport of TRANSPORTS) {
      describe(`over ${transport}`, () => {
        it("that lacks program, version or procedure", async () => {
          await using connection = await toProbe(transport);
          const { successor } = ProbeProgV1;
          const calls: readonly [Partial<typeof successor>, Failure][] = [
            [{ program: OTHER_PROGRAM }, { code: "RPC_PROGUNAVAIL" }],
            [{ version: 2 }, { code: "RPC_PROGVERSMISMATCH", low: 1, high: 3 }],
            [{ number: 77 }, { code: "RPC_PROCUNAVAIL" }],
          ];
          for (const [other, failure] of calls) await fails(connection.call({ ...successor, ...other }, 41), failure);
          assert.equal(await connection.call(successor, 41), 42);
        });

        it("that can't decode the arguments", async () => {
          await using connection = await toProbe(transport);
          const short = connection.call({ ...ProbeProgV1.successor, args: voidCodec }, undefined);
          // libtirpc's datagrams have no end: what lies behind them in its buffer, of those before, is read as arguments.
          if (transport === "udp") assert.equal(typeof (await short), "number");
          else await fails(short, { code: "RPC_CANTDECODEARGS" });
          await fails(refused(connection, 4), { code: "RPC_CANTDECODEARGS" });
        });

        it("that answers with svcerr_*", async () => {
          await using connection = await toProbe(transport);
          await fails(refused(connection, 1), { code: "RPC_PROGUNAVAIL" });
          await fails(refused(connection, 2), { code: "RPC_PROGVERSMISMATCH", low: 7, high: 9 });
          await fails(refused(connection, 3), { code: "RPC_PROCUNAVAIL" });
          await fails(refused(connection, 5), { code: "RPC_SYSTEMERROR" });
          await fails(refused(connection, WEAK_AUTH), { code: "RPC_AUTHERROR", authStat: "AUTH_TOOWEAK" });
          for (const [i, authStat] of AUTH_STATS.entries())
            await fails(refused(connection, AUTH_BASE + i + 1), { code: "RPC_AUTHERROR", authStat });
          assert.equal(await connection.call(ProbeProgV1.successor, 41), 42);
        });

        it("that does not answer", async () => {
          await using connection = await toProbe(transport);
          const silence = connection.call(ProbeProgV1.refuse, 0, { timeoutMs: SILENCE_MS });
          await fails(silence, { code: "RPC_TIMEDOUT" });
          assert.equal(await connection.call(ProbeProgV1.successor, 41), 42);
        });
      });
    }

    it("which has no RPC_MISMATCH for RPC version 3: libtirpc closes the connection, without a reply", async () => {
      await using connection = await toProbe("tcp");
      const socket = connectSocket({ host: "127.0.0.1", port: connection.peer?.port ?? 0 });
      const callNull = (rpcVersion: number): void => {
        const words = [0x8000_0028, 7, 0, rpcVersion, PROBE_PROG, 1, 0, 0, 0, 0, 0];
        const call = Buffer.alloc(4 * words.length);
        words.forEach((word, i) => call.writeUInt32BE(word, 4 * i));
        socket.write(call);
      };
      callNull(2);
      const [reply] = (await once(socket, "data")) as [Buffer];
      assert.equal(reply.toString("hex"), "80000018" + "00000007" + "00000001" + "00000000".repeat(4));
      let more = 0;
      socket.on("data", (chunk: Buffer) => (more += chunk.length));
      callNull(3);
      await once(socket, "close");
      assert.equal(more, 0);
    });
  });

  describe("a C client calls our server", () => {
    let server: RpcServer;
    const failed: unknown[] = [];
    let answerLate: ((result: number) => void) | undefined;
    before(async () => {
      server = new RpcServer({
        onError: (error) => failed.push(error),
        // The credential with which the tests of the guard come.
        guard: (ctx) => {
          if (ctx.caller.flavor === 1) ctx.reject("AUTH_TOOWEAK");
        },
      });
      server.add(
        probeProgV1Service({
          refuse: (how, ctx) => {
            if (how === 0) return NO_REPLY;
            if (how === LATE) return new Promise<number>((resolve) => (answerLate = resolve));
            if (how === WEAK_AUTH) throw new Error("a fault of the handler");
            return ctx.reject(rejection(how));
          },
          successor: async (value) => {
            answerLate?.(0);
            // The late reply leaves first.
            await setImmediate();
            return value + 1;
          },
        }),
      );
      server.add(probeProgV3Service({ successorThree: (value) => value + 1 }));
      await server.listen({ portmap: "required" });
    });
    after(() => server.close());

    const call = (procedure: number, argument: number | "-", version = 1, program = PROBE_PROG): string =>
      `${program}:${version}:${procedure}:${argument}:${ENOUGH_MS}`;
    const withinMs = (procedure: number, argument: number): string =>
      `${PROBE_PROG}:1:${procedure}:${argument}:${SILENCE_MS}`;
    const refuse = (how: number): string => call(FIRST_PROCEDURE, how);
    const { number: successor } = ProbeProgV1.successor;

    for (const transport of TRANSPORTS) {
      /** What c/probe_calls.c prints. */
      const results = async (flavor: "none" | "sys", calls: readonly string[]): Promise<string[]> => {
        const { stdout } = await run((await cPrograms()).probe_calls, [transport, flavor, ...calls]);
        return stdout.trimEnd().split("\n");
      };

      describe(`over ${transport}`, () => {
        it("that lacks program, version or procedure, or can't decode the arguments", async () => {
          assert.deepEqual(
            await results("none", [
              call(successor, 41, 1, OTHER_PROGRAM),
              call(successor, 41, 2),
              call(77, 41),
              call(successor, "-"),
              call(ProbeProgV3.successorThree.number, 41, 3),
              call(successor, 41),
            ]),
            [
              `${CLNT_STAT.PROGUNAVAIL}`,
              `${CLNT_STAT.PROGVERSMISMATCH} low 1 high 3`,
              `${CLNT_STAT.PROCUNAVAIL}`,
              `${CLNT_STAT.CANTDECODEARGS}`,
              `${CLNT_STAT.SUCCESS} 42`,
              `${CLNT_STAT.SUCCESS} 42`,
            ],
          );
        });

        it("that rejects, and that throws", async () => {
          failed.length = 0;
          assert.deepEqual(await results("none", [...[1, 2, 3, 4, 5, WEAK_AUTH].map(refuse), call(successor, 41)]), [
            `${CLNT_STAT.PROGUNAVAIL}`,
            `${CLNT_STAT.PROGVERSMISMATCH} low 7 high 9`,
            `${CLNT_STAT.PROCUNAVAIL}`,
            `${CLNT_STAT.CANTDECODEARGS}`,
            `${CLNT_STAT.SYSTEMERROR}`,
            `${CLNT_STAT.SYSTEMERROR}`,
            `${CLNT_STAT.SUCCESS} 42`,
          ]);
          assert.deepEqual(
            failed.map((error) => (error as Error).message),
            ["a fault of the handler"],
          );
        });

        it("that rejects the credentials, for each reason", async () => {
          assert.deepEqual(
            await results(
              "none",
              AUTH_STATS.map((_name, i) => refuse(AUTH_BASE + i + 1)),
            ),
            AUTH_STATS.map((_name, i) => `${CLNT_STAT.AUTHERROR} why ${i + 1}`),
          );
        });

        it("whose guard rejects", async () => {
          assert.deepEqual(await results("sys", [call(successor, 41)]), [`${CLNT_STAT.AUTHERROR} why 5`]);
        });

        it("that answers late", async () => {
          const { TIMEDOUT, SUCCESS } = CLNT_STAT;
          // At a datagram with the xid of a call before, libtirpc's client gives up at once, and is one reply behind from then on.
          const next = transport === "udp" ? `${TIMEDOUT}` : `${SUCCESS} 42`;
          assert.deepEqual(
            await results("none", [withinMs(FIRST_PROCEDURE, LATE), call(successor, 41), call(successor, 41)]),
            [`${TIMEDOUT}`, next, next],
          );
        });

        it("that does not answer", async () => {
          const { TIMEDOUT, SUCCESS } = CLNT_STAT;
          // On a stream libtirpc's client takes what comes next for the late reply, and skips it unread: where there is none,
          // that is the next call's, which times out in its turn, and so on for ever. A new connection is the remedy.
          const next = transport === "udp" ? `${SUCCESS} 42` : `${TIMEDOUT}`;
          assert.deepEqual(
            await results("none", [withinMs(FIRST_PROCEDURE, 0), withinMs(successor, 41), withinMs(successor, 41)]),
            [`${TIMEDOUT}`, next, next],
          );
        });
      });
    }

    it("of another RPC version", async () => {
      // No client can be told to speak version 3: a relay makes it of 2.
      await using connection = await toProbe("tcp");
      await using relay = await VersionRelay.listen(connection.peer?.port ?? 0);
      const { stdout } = await run((await cPrograms()).probe_calls, [`tcp:${relay.port}`, "none", call(successor, 41)]);
      assert.equal(stdout, `${CLNT_STAT.VERSMISMATCH} low 2 high 2\n`);
      await using ours = await toProbe("tcp", { host: "127.0.0.1", port: relay.port });
      await fails(ours.call(ProbeProgV1.successor, 41), { code: "RPC_VERSMISMATCH", low: 2, high: 2 });
    });
  });

  captured(assertErrorsSeen);
});
