import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { type ListenOptions, RpcServer, connect } from "../../src/runtime/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { RUN, SERVICE, connectTo, testService } from "./support.ts";

const runtimeUrl = new URL("../../src/runtime/index.js", import.meta.url).href;

describe("runtime: udp ports that processes share", () => {
  function share(port: number, host = "127.0.0.1", netid: "udp" | "udp6" = "udp"): ListenOptions {
    const none = { tcp: false, udp: false, local: false, portmap: "off" } as const;
    return { ...none, host, [netid]: { port, reusePort: true } };
  }

  describe("with the addon", () => {
    before(function () {
      const reason = whyNoAddon();
      if (reason === undefined) return;
      console.log(`      skipped: ${reason}`);
      this.skip();
    });

    for (const [netid, host] of [
      ["udp", "localhost"],
      ["udp6", "::1"],
    ] as const) {
      it(`${netid}: each socket gets a share of the clients`, async function () {
        if (
          netid === "udp6" &&
          !Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"))
        ) {
          console.log("      skipped: there is no ::1 here");
          this.skip();
        }
        await using a = new RpcServer().add(testService(() => 1));
        await using b = new RpcServer().add(testService(() => 2));
        const [first] = await a.listen(share(0, host, netid));
        assert(first !== undefined && first.port > 0);
        assert.deepEqual(await b.listen(share(first.port, host, netid)), [first]);
        const seen = new Set<number>();
        for (let i = 0; i < 40; i++) {
          await using client = await connect(SERVICE, connectTo(first));
          seen.add(await client.call(RUN, 0));
        }
        assert.deepEqual([...seen].sort(), [1, 2]);
      });
    }

    it("a server without the option, before or after, is refused, and so is a socket that reuses addresses", async () => {
      await using a = new RpcServer();
      await using b = new RpcServer();
      const [shared] = await a.listen(share(0));
      const port = shared?.port ?? 0;
      const alone = { ...share(0), udp: { port } };
      await assert.rejects(b.listen(alone), { code: "RPC_CANTLISTEN", message: /EADDRINUSE/ });
      const thief = createSocket({ type: "udp4", reuseAddr: true }).bind({
        address: "127.0.0.1",
        port,
        exclusive: true,
      });
      await assert.rejects(once(thief, "listening"), { code: "EADDRINUSE" });
      thief.close();
      await a.close();
      await b.listen(alone);
      await using c = new RpcServer();
      await assert.rejects(c.listen(share(port)), { code: "RPC_CANTLISTEN", message: /EADDRINUSE/ });
    });

    it("a port that is none, and a host that is unknown", async () => {
      await using server = new RpcServer();
      await assert.rejects(server.listen(share(65_536)), { code: "RPC_CANTLISTEN", message: /65536 is no port/ });
      await assert.rejects(server.listen(share(0, "no.such.host.invalid")), { code: "RPC_CANTLISTEN" });
    });
  });

  it("without the addon: Node's own option, or an error that says what is missing", async () => {
    const source = `
      import { RpcServer } from ${JSON.stringify(runtimeUrl)};
      const server = new RpcServer();
      await server.listen(${JSON.stringify(share(0))}).then(() => console.log("shared"), (e) => console.log(e.code, e.message));
      await server.close();`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], {
      env: { ...process.env, TSRPC_NO_NATIVE: "1" },
    });
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) assert.equal(stdout, "shared\n");
    else
      assert.match(
        stdout,
        /^RPC_CANTLISTEN .*Node [\d.]+ has no reusePort \(22\.12 and 23\.1 do\), and there is no native addon for Linux, which does without\n$/,
      );
  });
});
