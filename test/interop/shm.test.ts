import assert from "node:assert/strict";
import { RpcServer } from "tsrpcgen/runtime";
import { skipFor } from "../ipc/skip.ts";
import { whyNoAddon } from "../native/addon.ts";
import { cPrograms } from "./c-programs.ts";
import { DateProgV1Client } from "./gen/date_clnt.ts";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { run } from "./namespace.ts";
import { withEachPortmapper } from "./portmappers.ts";
import { Running } from "./process.ts";

withEachPortmapper("shm beside C", () => {
  before(function () {
    skipFor(this, whyNoAddon());
  });

  it("a C server does not know the question: our client stays on its socket, the same connection", async () => {
    await using server = new Running((await cPrograms()).date_server, ["/run/date-c.sock"]);
    await server.line((line) => line === "ready");
    await using client = await DateProgV1Client.connect("localhost");
    assert.equal(client.connection.transport, "local");
    assert.equal(await client.strDate(86_400), "1970-01-02T00:00:00Z from C");
    assert.equal(client.connection.stats().reconnects, 0);
    await assert.rejects(DateProgV1Client.connect({ host: "localhost", transport: "shm" }), {
      code: "RPC_CANTCONNECT",
      message: /AUTH_/,
    });
    await server.end();
  });

  it("C clients call our server over its socket while ours have gone on in shared memory", async () => {
    const server = new RpcServer().add(
      dateProgV1Service({ binDate: () => 86_400, strDate: (time) => `${time} from TypeScript` }),
    );
    await server.listen({ portmap: "required" });
    await using first = await DateProgV1Client.connect("localhost");
    await using second = await DateProgV1Client.connect("localhost");
    assert.deepEqual([first.connection.transport, second.connection.transport], ["shm", "shm"]);
    const ours = Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? first : second).strDate(i)));
    const { date_client } = await cPrograms();
    for (const transport of ["local", "tcp", "udp"]) {
      const { stdout } = await run(date_client, [transport, "86400"]);
      assert.equal(stdout, "86400\n86400 from TypeScript\n");
    }
    assert.equal((await ours)[199], "199 from TypeScript");
    assert.equal(await first.binDate(), 86_400);
    await first.connection.close();
    await second.connection.close();
    await server.close();
  });
});
