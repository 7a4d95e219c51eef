import assert from "node:assert/strict";
import { RpcbindClient } from "tsrpcgen/portmapper";
import { type CPrograms, cPrograms, hasOldPrograms } from "./c-programs.ts";
import { registered } from "./daemons.ts";
import { DATE_PROG, DATE_VERS } from "./gen/date.ts";
import { run } from "./namespace.ts";
import { withEachPortmapper } from "./portmappers.ts";
import { Running } from "./process.ts";

const UDP = 17;
const SET = 1;

/** How C's servers register, each by the version of the portmapper that it talks with, by the entries that it makes. */
const SERVERS = [
  { how: "svc_tli_create and rpcb_set", program: "date_server", args: ["/run/date-c.sock"], version: "v3", entries: 3 },
  { how: "svc_register of rpcgen's main, with libtirpc", program: "date_main", args: [], version: "v3", entries: 2 },
  { how: "svc_register of rpcgen's main, with glibc", program: "date_main_old", args: [], version: "v2", entries: 2 },
] as const;

/** How C's clients ask, each by the version and procedure. The last argument is the transport. */
const CLIENTS = [
  { how: "clnt_tp_create", program: "date_client", version: "v4", procedure: 3 },
  { how: "clnttcp_create and clntudp_create with libtirpc", program: "date_portmap", version: "v2", procedure: 3 },
  { how: "clnttcp_create and clntudp_create with glibc", program: "date_portmap_old", version: "v2", procedure: 3 },
] as const;

const isOld = (program: keyof CPrograms): boolean => program.endsWith("_old");

/** How often each procedure was called, by version. */
async function calls(version: "v2" | "v3" | "v4", procedure: number): Promise<number> {
  await using client = await RpcbindClient.connect();
  return (await client.v4.getstat())[version].calls[procedure] ?? 0;
}

withEachPortmapper("services that C registers are found by C", () => {
  for (const server of SERVERS) {
    describe(`registered by ${server.how}`, () => {
      let running: Running | undefined;
      let programs: CPrograms;
      let sets = 0;
      before(async function () {
        if (isOld(server.program) && !hasOldPrograms) this.skip();
        programs = await cPrograms();
        const before = await calls(server.version, SET);
        running = await registered(new Running(programs[server.program], server.args), DATE_PROG, DATE_VERS, UDP);
        sets = (await calls(server.version, SET)) - before;
      });
      after(async () => {
        await running?.end();
        // It leaves its entries, and the next would be taken to have registered already.
        await using client = await RpcbindClient.connect();
        await client.v4.unset({ program: DATE_PROG, version: DATE_VERS });
      });

      it(`by version ${server.version.slice(1)} of the portmapper`, () => {
        assert.equal(sets, server.entries);
      });

      for (const client of CLIENTS) {
        const hasLocal = server.entries === 3 && client.program === "date_client";
        for (const transport of hasLocal ? ["tcp", "udp", "local"] : ["tcp", "udp"]) {
          it(`found by ${client.how}, over ${transport}`, async function () {
            if (isOld(client.program) && !hasOldPrograms) this.skip();
            const before = await calls(client.version, client.procedure);
            const args = client.program === "date_client" ? [transport, "86400"] : [transport];
            const { stdout } = await run(programs[client.program], args);
            assert.match(stdout, /^\d+\n1970-01-02T00:00:00Z from C\n$/);
            assert.equal((await calls(client.version, client.procedure)) - before, 1);
          });
        }
      }
    });
  }
});
