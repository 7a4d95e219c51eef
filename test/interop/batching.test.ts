import assert from "node:assert/strict";
import { NO_REPLY, RpcServer } from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { captured } from "./capture.ts";
import { ProbeProgV1 } from "./gen/probe.ts";
import { probeProgV1Service } from "./gen/probe_svc.ts";
import { run } from "./namespace.ts";
import { OURS, withPortmapper } from "./portmappers.ts";
import { TRANSPORTS, probeServer, toProbe } from "./probe.ts";
import type { Running } from "./process.ts";

const COUNT = 1000;
/** Over udp: what the sockets of both ends surely hold. */
const FEW = 20;
const NUMBERS = Array.from({ length: COUNT }, (_, i) => i);
const RPC_SUCCESS = 0;
const RPC_TIMEDOUT = 5;

withPortmapper(OURS, "batching", () => {
  describe("a C client calls our server", () => {
    let server: RpcServer;
    before(async () => {
      const noted: number[] = [];
      server = new RpcServer();
      server.add(
        probeProgV1Service({
          note: (value) => {
            noted.push(value);
            return NO_REPLY;
          },
          noted: () => noted.splice(0),
        }),
      );
      await server.listen({ portmap: "required" });
    });
    after(() => server.close());

    const batch = async (transport: string, count: number, milliseconds: number): Promise<string[]> => {
      const args = [transport, String(count), String(milliseconds)];
      const { stdout } = await run((await cPrograms()).probe_batch, args);
      return stdout.split("\n").slice(0, 2);
    };

    for (const transport of ["tcp", "local"] as const) {
      it(`over ${transport}: all arrive, in order, in front of the ordinary call`, async () => {
        assert.deepEqual(await batch(transport, COUNT, 0), [`${RPC_SUCCESS}`, NUMBERS.join(" ")]);
      });
    }

    it("over udp: libtirpc sends nothing with a timeout of 0, and with another one waits for it", async () => {
      assert.deepEqual(await batch("udp", FEW, 0), [`${RPC_TIMEDOUT}`, ""]);
      assert.deepEqual(await batch("udp", FEW, 1), [`${RPC_TIMEDOUT}`, NUMBERS.slice(0, FEW).join(" ")]);
    });
  });

  describe("our client calls a C server", () => {
    let server: Running;
    before(async () => {
      server = await probeServer("/run/batch-c.sock");
    });
    after(() => server.end());

    for (const transport of TRANSPORTS) {
      it(`over ${transport}: all arrive, in order, in front of the ordinary call`, async () => {
        await using connection = await toProbe(transport);
        const numbers = transport === "udp" ? NUMBERS.slice(0, FEW) : NUMBERS;
        for (const number of numbers) await connection.send(ProbeProgV1.note, number);
        await connection.flush();
        assert.equal(connection.outstanding, 0);
        assert.deepEqual(await connection.call(ProbeProgV1.noted, undefined), numbers);
        assert.equal(connection.stats().strayReplies, 0);
      });
    }
  });

  captured((messages) => {
    // Twice over tcp, and over udp FEW of each: calls that have no reply.
    const unanswered = messages.length - 2 * messages.filter(({ type }) => type === "1").length;
    assert(unanswered >= 2 * COUNT + 2 * FEW, `${unanswered} of ${messages.length} messages have no reply`);
  });
});
