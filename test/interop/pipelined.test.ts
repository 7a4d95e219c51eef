import assert from "node:assert/strict";
import { RpcServer } from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { captured } from "./capture.ts";
import { ProbeProgV1 } from "./gen/probe.ts";
import { probeProgV1Service } from "./gen/probe_svc.ts";
import { run } from "./namespace.ts";
import { OURS, withPortmapper } from "./portmappers.ts";
import { TRANSPORTS, probeServer, toProbe } from "./probe.ts";
import type { Running } from "./process.ts";

const COUNT = 1000;
const THREADS = 8;
const CALLS_EACH = 50;
/** Over udp: what the C server's socket surely holds of calls, and ours of replies. */
const FEW = 50;

withPortmapper(OURS, "calls in flight", () => {
  describe("a C client calls our server", () => {
    for (const transport of ["tcp", "local"] as const) {
      it(`over ${transport}, ${COUNT} in one piece, and gets the replies in the order in which they are ready`, async () => {
        const waiting: (() => void)[] = [];
        await using server = new RpcServer();
        server.add(
          probeProgV1Service({
            successor: async (value) => {
              await new Promise<void>((resolve) => {
                waiting.push(resolve);
                // The last call lets all of them go, itself first.
                if (waiting.length === COUNT) {
                  queueMicrotask(() => {
                    for (const go of waiting.reverse()) go();
                  });
                }
              });
              return value + 1;
            },
          }),
        );
        await server.listen({ portmap: "required", udp: false });
        const { stdout } = await run((await cPrograms()).probe_pipeline, [transport, String(COUNT)]);
        assert.equal(stdout, `${COUNT} ${COUNT - 1}\n`);
      });
    }

    for (const transport of TRANSPORTS) {
      it(`over ${transport}, from ${THREADS} threads`, async () => {
        await using server = new RpcServer().add(probeProgV1Service({ successor: (value) => value + 1 }));
        await server.listen({ portmap: "required" });
        const args = [transport, String(THREADS), String(CALLS_EACH)];
        assert.equal((await run((await cPrograms()).probe_threads, args)).stdout, `${THREADS * CALLS_EACH}\n`);
        const counted = server.stats().procedures.find(({ procedure }) => procedure.name === "SUCCESSOR");
        assert.equal(counted?.calls, THREADS * CALLS_EACH);
      });
    }
  });

  describe("our client calls a C server, which answers one after the other", () => {
    let server: Running;
    before(async () => {
      server = await probeServer("/run/flight-c.sock");
    });
    after(() => server.end());

    for (const transport of TRANSPORTS) {
      const count = transport === "udp" ? FEW : COUNT;
      it(`over ${transport}, ${count} in flight`, async () => {
        await using connection = await toProbe(transport);
        const numbers = Array.from({ length: count }, (_, i) => i);
        const results = numbers.map((number) => connection.call(ProbeProgV1.successor, number));
        assert.equal(connection.outstanding, count);
        assert.deepEqual(
          await Promise.all(results),
          numbers.map((number) => number + 1),
        );
        assert.equal(connection.outstanding, 0);
      });
    }
  });

  captured((messages) => {
    const replies = messages.filter(({ type, acceptStat }) => type === "1" && acceptStat === "0");
    assert(replies.length >= 2 * COUNT, `${replies.length} replies`);
  });
});
