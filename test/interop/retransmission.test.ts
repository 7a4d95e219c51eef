import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { NO_REPLY, RpcError, RpcServer, type RpcService } from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { captured } from "./capture.ts";
import { ProbeProgV1 } from "./gen/probe.ts";
import { probeProgV1Service } from "./gen/probe_svc.ts";
import { run } from "./namespace.ts";
import { OURS, withPortmapper } from "./portmappers.ts";
import { probeServer, toProbe } from "./probe.ts";
import type { Running } from "./process.ts";

const AGAIN_MS = 20;
const RPC_SUCCESS = 0;
const RPC_TIMEDOUT = 5;
/** Longer than any try of the tests. */
const NEVER_MS = 60_000;

withPortmapper(OURS, "retransmission over udp", () => {
  describe("our client calls a C server", () => {
    let server: Running;
    before(async () => {
      server = await probeServer("/run/retry-c.sock");
    });
    after(() => server.end());

    for (const times of [0, 1, 3]) {
      it(`that drops the first ${times}, and has run the procedure ${times + 1} times then`, async () => {
        await using connection = await toProbe("udp", { tryTimeoutMs: times === 0 ? NEVER_MS : 10 * AGAIN_MS });
        assert.equal(await connection.call(ProbeProgV1.drop, times), times + 1);
        assert.equal(connection.stats().retransmissions, times);
      });
    }

    it("that drops the first, with the tries' timeout by default", async () => {
      await using connection = await toProbe("udp");
      assert.equal(await connection.call(ProbeProgV1.drop, 1), 2);
      assert.equal(connection.stats().retransmissions, 1);
    });

    it("that drops all until the deadline", async () => {
      await using connection = await toProbe("udp", { tryTimeoutMs: AGAIN_MS });
      await assert.rejects(
        connection.call(ProbeProgV1.refuse, 0, { timeoutMs: 10 * AGAIN_MS }),
        (error) => error instanceof RpcError && error.code === "RPC_TIMEDOUT",
      );
      assert(connection.stats().retransmissions >= 2);
    });

    it("with a timeout that ends before the second try: it is sent once", async () => {
      await using connection = await toProbe("udp", { tryTimeoutMs: NEVER_MS });
      const { retransmissions } = connection.stats();
      await assert.rejects(connection.call(ProbeProgV1.refuse, 0, { timeoutMs: AGAIN_MS }));
      assert.equal(connection.stats().retransmissions, retransmissions);
    });
  });

  describe("a C client calls our server", () => {
    /** What c/probe_retry.c prints: clnt_stat and the result. */
    const drop = async (times: number, seconds = 30): Promise<string> => {
      const args = [AGAIN_MS, seconds, times].map(String);
      return (await run((await cPrograms()).probe_retry, args)).stdout;
    };
    const listen = { portmap: "required", tcp: false, local: false } as const;
    /** A service that drops the first, and notes the xid each time that it runs. */
    const dropping = (xids: number[]): RpcService =>
      probeProgV1Service({ drop: (wanted, { xid }) => (xids.push(xid) > wanted ? xids.length : NO_REPLY) });

    for (const [name, options, serviceOptions] of [
      ["no duplicate cache", { duplicateCache: false }, {}],
      ["the procedure marked as idempotent", {}, { idempotent: [ProbeProgV1.drop.number] }],
    ] as const) {
      for (const times of [0, 1, 3]) {
        it(`with ${name}, that drops the first ${times}: each try has the same xid, and runs the handler`, async () => {
          const xids: number[] = [];
          await using server = new RpcServer(options).add(dropping(xids), serviceOptions);
          await server.listen(listen);
          assert.match(await drop(times), new RegExp(`^${RPC_SUCCESS} ${times + 1}\n$`));
          // A slow machine may let the client try once more than is needed.
          assert(xids.length >= times + 1, `${xids.length} runs`);
          assert.equal(new Set(xids).size, 1);
        });
      }
    }

    it("that takes longer than the client's tries: the handler runs once", async () => {
      await using server = new RpcServer();
      let runs = 0;
      server.add(
        probeProgV1Service({
          drop: async () => {
            runs++;
            while ((server.stats().duplicates?.inProgress ?? 3) < 3) await setImmediate();
            return 42;
          },
        }),
      );
      await server.listen(listen);
      assert.equal(await drop(0), `${RPC_SUCCESS} 42\n`);
      assert.equal(runs, 1);
    });

    it("that answers with NO_REPLY, which is remembered, too: the handler runs once, and the client's time runs out", async () => {
      const xids: number[] = [];
      await using server = new RpcServer().add(dropping(xids));
      await server.listen(listen);
      assert.equal(await drop(1, 1), `${RPC_TIMEDOUT} 0\n`);
      assert.equal(xids.length, 1);
    });
  });

  captured((messages) => {
    const calls = messages.filter(({ type }) => type === "0").length;
    assert(calls > messages.length - calls + 10, `${calls} calls, ${messages.length - calls} replies`);
  });
});
