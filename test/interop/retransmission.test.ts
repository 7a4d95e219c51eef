import assert from "node:assert/strict";
import { NO_REPLY, RpcError, RpcServer } from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { captured } from "./capture.ts";
import { ProbeProgV1 } from "./gen/probe.ts";
import { probeProgV1Service } from "./gen/probe_svc.ts";
import { run } from "./namespace.ts";
import { OURS, withPortmapper } from "./portmappers.ts";
import { probeServer, toProbe } from "./probe.ts";
import type { Running } from "./process.ts";

const AGAIN_MS = 20;
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
        await using connection = await toProbe("udp", { tryTimeoutMs: times === 0 ? NEVER_MS : AGAIN_MS });
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
    const drop = async (times: number): Promise<string> =>
      (await run((await cPrograms()).probe_retry, [String(AGAIN_MS), String(times)])).stdout;

    for (const times of [0, 1, 3]) {
      it(`that drops the first ${times}: each try has the same xid, and runs the handler`, async () => {
        const xids: number[] = [];
        await using server = new RpcServer();
        server.add(
          probeProgV1Service({
            drop: (wanted, { xid }) => (xids.push(xid) > wanted ? xids.length : NO_REPLY),
          }),
        );
        await server.listen({ portmap: "required", tcp: false, local: false });
        // A slow machine may let the client try once more than is needed.
        assert.match(await drop(times), new RegExp(`^0 ${times + 1}\n$`));
        assert(xids.length >= times + 1, `${xids.length} runs`);
        assert.equal(new Set(xids).size, 1);
      });
    }
  });

  captured((messages) => {
    assert(messages.length > 0);
  });
});
