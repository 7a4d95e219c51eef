import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DATE_PROG } from "../../examples/date.ts";
import { DateProgV1Client } from "../../examples/date_clnt.ts";
import { Portmapper, type Registration } from "../../src/portmapper/index.ts";
import { whyNoAddon } from "../native/addon.ts";

const program = fileURLToPath(new URL("../../examples/date_cluster.js", import.meta.url));

describe("examples: date_cluster", function () {
  this.timeout(20_000);

  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  it("answers, replaces its workers at SIGHUP, and unregisters at SIGTERM", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-date-cluster-"));
    const socket = join(folder, "rpcbind.sock");
    const portmapper = new Portmapper({ host: "127.0.0.1", port: 0, socket });
    await portmapper.listen();
    const entries = (): Registration[] =>
      portmapper.registry.registrations().filter((each) => each.program === DATE_PROG);
    const child = spawn(process.execPath, [program], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TSRPC_PORTMAP: socket, XDG_RUNTIME_DIR: folder },
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const until = async (last: string): Promise<void> => {
        for (;;) {
          const next = await lines.next();
          assert(next.done !== true, "it ended");
          if (next.value === last) return;
        }
      };
      await until("date cluster: ready");
      const registered = entries();
      assert.deepEqual(registered.map(({ netid }) => netid).sort(), ["local", "tcp", "udp"]);
      const asks = async (transport: "tcp" | "udp" | "local"): Promise<void> => {
        await using client = await DateProgV1Client.connect({
          host: "localhost",
          transport,
          portmap: { path: socket },
        });
        assert.match(await client.strDate(0), /1970|1969/);
      };
      for (const transport of ["tcp", "udp", "local"] as const) await asks(transport);
      child.kill("SIGHUP");
      await until("date cluster: replaced");
      assert.deepEqual(entries(), registered);
      for (const transport of ["tcp", "udp", "local"] as const) await asks(transport);
      child.kill("SIGTERM");
      assert.deepEqual(await once(child, "exit"), [0, null]);
      assert.deepEqual(entries(), []);
    } finally {
      child.kill("SIGKILL");
      await portmapper.close();
      rmSync(folder, { recursive: true });
    }
  });
});
