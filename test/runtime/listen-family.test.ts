import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { type ListenOptions, RpcServer } from "../../src/runtime/index.ts";
import { testService } from "./support.ts";

const NOWHERE: ListenOptions = { tcp: false, udp: false, local: false, portmap: "off" };
const HAS_IPV6 = networkInterfaces()["lo"]?.some(({ family }) => family === "IPv6") === true;

describe("runtime: the family that a server says is the one that it serves", () => {
  for (const netid of ["tcp", "udp", "tcp6", "udp6"] as const) {
    const [other, others] = netid.endsWith("6") ? ["127.0.0.1", "tcp and udp"] : ["::1", "tcp6 and udp6"];
    it(`${netid} is not to be had at ${other}`, async () => {
      await using server = new RpcServer().add(testService());
      await assert.rejects(server.listen({ ...NOWHERE, [netid]: true, host: other }), {
        code: "RPC_CANTLISTEN",
        message: `${netid} ${other.includes(":") ? `[${other}]` : other}:0: can't listen: ${other} is no address of ${netid}, but of ${others}`,
      });
    });

    it(`${netid} at a name is at its address of that family, or nowhere`, async () => {
      await using server = new RpcServer().add(testService());
      const listening = server.listen({ ...NOWHERE, [netid]: { host: "localhost" } });
      const address = netid.endsWith("6") ? "::1" : "127.0.0.1";
      // Not each machine gives the name an address of IPv6.
      const [bound] = await listening.catch((thrown: unknown) => {
        const error = thrown as { code?: string; cause?: { code?: string } };
        assert.deepEqual([error.code, error.cause?.code], ["RPC_CANTLISTEN", "ENOTFOUND"]);
        assert(netid.endsWith("6"));
        return [];
      });
      if (bound !== undefined) assert.deepEqual([bound.netid, bound.host], [netid, address]);
    });
  }

  it("one host for both families is an error, one for each is not", async function () {
    if (!HAS_IPV6) this.skip();
    await using server = new RpcServer().add(testService());
    await assert.rejects(server.listen({ ...NOWHERE, tcp: true, tcp6: true, host: "127.0.0.1" }), {
      code: "RPC_CANTLISTEN",
    });
    const bound = await server.listen({ ...NOWHERE, tcp: true, tcp6: { host: "::1" }, host: "127.0.0.1" });
    assert.deepEqual(
      bound.map(({ netid, host }) => [netid, host]),
      [
        ["tcp", "127.0.0.1"],
        ["tcp6", "::1"],
      ],
    );
  });
});
