import assert from "node:assert/strict";
import { RpcServer } from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { DateProgV1Client } from "./gen/date_clnt.ts";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { run } from "./namespace.ts";
import { withEachPortmapper } from "./portmappers.ts";
import { Running } from "./process.ts";

const TRANSPORTS = ["tcp", "udp", "local"] as const;

function assertNow(seconds: number): void {
  const now = Date.now() / 1000;
  assert.ok(seconds > now - 60 && seconds < now + 60, `${seconds} is not now`);
}

withEachPortmapper("date.x", () => {
  describe("a C client calls our server", () => {
    let server: RpcServer;
    before(async () => {
      server = new RpcServer();
      server.add(
        dateProgV1Service({
          binDate: () => Math.floor(Date.now() / 1000),
          strDate: (time) => `${new Date(time * 1000).toISOString()} from TypeScript`,
        }),
      );
      const bound = await server.listen({ portmap: "required" });
      assert.ok(bound.every(({ registered }) => registered));
    });
    after(() => server.close());

    for (const transport of TRANSPORTS) {
      it(`over ${transport}`, async () => {
        const { stdout } = await run((await cPrograms()).date_client, [transport, "86400"]);
        const [now, text] = stdout.split("\n");
        assertNow(Number(now));
        assert.equal(text, "1970-01-02T00:00:00.000Z from TypeScript");
      });
    }
  });

  describe("our client calls a C server", () => {
    let server: Running;
    before(async () => {
      server = new Running((await cPrograms()).date_server, ["/run/date-c.sock"]);
      await server.line((line) => line === "ready");
    });
    after(() => server.end());

    for (const transport of TRANSPORTS) {
      it(`over ${transport}`, async () => {
        await using client = await DateProgV1Client.connect({ host: "localhost", transport });
        assertNow(await client.binDate());
        assert.equal(await client.strDate(86_400), "1970-01-02T00:00:00Z from C");
      });
    }
  });
});
