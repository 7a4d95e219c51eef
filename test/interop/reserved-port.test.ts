import assert from "node:assert/strict";
import { type RpcError, RpcServer, connect } from "tsrpcgen/runtime";
import { DATE_PROG, DATE_VERS, DateProgV1 } from "./gen/date.ts";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { needs } from "./namespace.ts";

const SERVICE = { program: DATE_PROG, version: DATE_VERS };
const NOBODY = 65_534;

describe("interop: reserved ports of clients", function () {
  this.timeout(60_000);
  // In a network of its own the ports below 1024 are root's, whatever the machine has made of them.
  before(needs({ namespace: true, root: true }));

  for (const transport of ["tcp", "udp"] as const) {
    it(`over ${transport} are root's, and RPC_CANTCONNECT for others, with EACCES`, async () => {
      await using server = new RpcServer().add(dateProgV1Service({ binDate: (ctx) => ctx.peer.port }));
      const [bound] = await server.listen({ tcp: false, udp: false, local: false, [transport]: true, portmap: "off" });
      const to = { host: "127.0.0.1", transport, port: bound?.port ?? 0, reservedPort: true };
      await using connection = await connect(SERVICE, to);
      const port = await connection.call(DateProgV1.binDate, undefined);
      assert(port >= 512 && port < 1024, `${port}`);
      process.seteuid?.(NOBODY);
      try {
        await assert.rejects(connect(SERVICE, to), (error: RpcError) => {
          assert.equal(error.code, "RPC_CANTCONNECT");
          assert.equal((error.cause as { code?: unknown }).code, "EACCES");
          assert.match(error.message, /need root/);
          return true;
        });
      } finally {
        process.seteuid?.(0);
      }
    });
  }
});
