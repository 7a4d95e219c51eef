import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { RpcServer } from "tsrpcgen/runtime";
import { words } from "../runtime/support.ts";
import { PROBE_ONE, PROBE_PROG } from "./gen/probe.ts";
import { probeProgV1Service } from "./gen/probe_svc.ts";
import { run } from "./namespace.ts";
import { OURS, withPortmapper } from "./portmappers.ts";
import { probeServer, toProbe } from "./probe.ts";
import type { Running } from "./process.ts";

const OTHER = "fd00:4711::2";

/** The address that a ping's reply comes from, which was sent to an address of this host from its first one. */
async function repliesFrom(netid: "udp" | "udp6", host: string): Promise<string> {
  await using found = await toProbe(netid, { host });
  const socket = createSocket(netid === "udp" ? "udp4" : "udp6").bind(0, netid === "udp" ? "127.0.0.1" : "::1");
  socket.send(words(1, 0, 2, PROBE_PROG, PROBE_ONE, 0, 0, 0, 0, 0), found.peer?.port ?? 0, host);
  const [reply, from] = (await once(socket, "message")) as [Buffer, { address: string }];
  socket.close();
  assert.deepEqual(reply, words(1, 1, 0, 0, 0, 0));
  return from.address;
}

/* A client that is connected to the address that it asks hears nothing from another one. */
withPortmapper(OURS, "a host of several addresses, over udp", () => {
  const asked = ["127.0.0.1", "127.0.0.2"];

  describe("libtirpc's server", () => {
    let server: Running;
    before(async () => {
      server = await probeServer("/run/asked-c.sock");
    });
    after(() => server.end());
    for (const host of asked) {
      it(`answers from ${host}, where that was asked`, async () => {
        assert.equal(await repliesFrom("udp", host), host);
      });
    }
  });

  describe("ours", () => {
    let server: RpcServer;
    before(async () => {
      server = new RpcServer().add(probeProgV1Service({}));
      await server.listen({ tcp: false, local: false, udp6: true, portmap: "required" });
    });
    after(() => server.close());
    before(() => run("ip", ["addr", "add", `${OTHER}/128`, "dev", "lo", "nodad"]));
    after(() => run("ip", ["addr", "del", `${OTHER}/128`, "dev", "lo"]));
    for (const host of [...asked, "::1", OTHER]) {
      it(`answers from ${host}, where that was asked`, async () => {
        assert.equal(await repliesFrom(host.includes(":") ? "udp6" : "udp", host), host);
      });
    }
  });
});
