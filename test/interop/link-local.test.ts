import assert from "node:assert/strict";
import { type BoundAddress, type ListenOptions, RpcServer, connect } from "../../src/runtime/index.ts";
import { ECHO, PROGRAM, SERVICE, VERSION, testService } from "../runtime/support.ts";
import { run } from "./namespace.ts";
import { withEachPortmapper } from "./portmappers.ts";

const NEAR = "tsrpc-link";
const ADDRESS = "fe80::4243";
const HOST = `${ADDRESS}%${NEAR}`;
const IPV6: ListenOptions = { tcp: false, udp: false, local: false, tcp6: true, udp6: true, portmap: "required" };

withEachPortmapper(
  "link-local addresses",
  () => {
    before(async () => {
      await run("ip", ["link", "add", NEAR, "type", "veth", "peer", "name", "tsrpc-link-far"]);
      // No other address than this, and it without the second in which nobody may use it: duplicates are looked for.
      await run("ip", ["link", "set", NEAR, "addrgenmode", "none"]);
      await run("ip", ["addr", "add", `${ADDRESS}/64`, "dev", NEAR, "nodad"]);
      for (const name of [NEAR, "tsrpc-link-far"]) await run("ip", ["link", "set", name, "up"]);
    });
    after(async () => {
      await run("ip", ["link", "del", NEAR]);
    });

    /** Serves the transports of IPv6, and has each found by the portmapper: by us, and by C. */
    async function found(host?: string): Promise<BoundAddress[]> {
      await using server = new RpcServer().add(testService());
      const bound = await server.listen({ ...IPV6, ...(host !== undefined && { host }) });
      for (const transport of ["tcp6", "udp6"] as const) {
        await using connection = await connect(SERVICE, { host: HOST, transport, timeoutMs: 5000 });
        assert.equal(await connection.call(ECHO, 7), 7);
        assert.equal(connection.peer?.host, HOST);
      }
      const { stdout } = await run("rpcinfo", ["-s"]);
      assert.match(stdout, new RegExp(` *${PROGRAM} +${VERSION} +(udp6,tcp6|tcp6,udp6) `));
      return bound;
    }

    it("a server on all addresses is found at a link-local one, whose zone no portmapper tells", async () => {
      await found();
    });

    it("a server on a link-local one alone registers it without its zone", async () => {
      for (const { host, port, uaddr } of await found(HOST)) {
        assert.equal(host, HOST);
        assert.equal(uaddr, `${ADDRESS}.${port >> 8}.${port & 0xff}`);
      }
    });

    it("a live server at one is not replaced unasked", async () => {
      await using first = new RpcServer().add(testService());
      await first.listen({ ...IPV6, host: HOST });
      await using second = new RpcServer().add(testService());
      await assert.rejects(second.listen({ ...IPV6, host: HOST }), { code: "RPC_PROGALREADYREGISTERED" });
    });
  },
  { ip: "iproute2", rpcinfo: "rpcbind" },
);
