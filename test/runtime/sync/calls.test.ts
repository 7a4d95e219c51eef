import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { type BoundAddress, type Netid, RpcServer } from "../../../src/runtime/index.ts";
import { whyNoAddon } from "../../native/addon.ts";
import { testService } from "../support.ts";
import { BlockingClient } from "./blocking-client.ts";
import type { Task } from "./blocking-worker.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

type Way = Netid | "shm";

function reach({ host, port, path }: BoundAddress, transport: Way): Extract<Task, { do: "connect" }>["to"] {
  return transport === "local" || transport === "shm" ? { path, transport } : { host, port, transport };
}

for (const netid of ["tcp", "tcp6", "udp", "udp6", "local", "shm"] as const) {
  describe(`blocking clients over ${netid}: calls to our server`, () => {
    let server: RpcServer;
    let bound: BoundAddress;
    let client: BlockingClient;

    before(function () {
      client = new BlockingClient();
      if (whyNoAddon() !== undefined || (netid.endsWith("6") && !hasIpv6)) this.skip();
      if (netid === "shm" && process.platform !== "linux") this.skip();
    });

    after(() => client[Symbol.asyncDispose]());

    beforeEach(async () => {
      server = new RpcServer().add(testService((arg) => (arg === 0 ? Promise.reject(new Error("no")) : -arg)));
      const host = netid.endsWith("6") ? "::1" : "127.0.0.1";
      const listen = {
        tcp: false,
        udp: false,
        tcp6: false,
        udp6: false,
        local: false,
        [netid === "shm" ? "local" : netid]: true,
      };
      const [first] = await server.listen({ host, portmap: "off", ...listen });
      assert(first !== undefined);
      bound = first;
      assert.equal((await client.connect(reach(bound, netid))).error, undefined);
    });

    afterEach(async () => {
      await server.close();
    });

    it("results of all kinds", async () => {
      assert.equal((await client.call("ECHO", 42)).result, 42);
      assert.equal((await client.call("TEXT", "häß 🙂")).result, "häß 🙂");
      assert.equal((await client.call("NOTHING")).result, undefined);
      assert.equal((await client.call("RUN", 6)).result, -6);
      for (const bytes of [0, 1, 255, 256, 1000, 8000]) {
        const blob = Uint8Array.from({ length: bytes }, (_, i) => i * 7);
        assert.deepEqual((await client.call("BLOB", blob)).result, blob, `${bytes} bytes`);
      }
      const { transport, connected, calls } = await client.state();
      assert.deepEqual({ transport, connected, calls }, { transport: netid, connected: true, calls: 10 });
    });

    it("what the server can't do is an error of its own", async () => {
      assert.equal((await client.call("ABSENT")).error?.code, "RPC_PROCUNAVAIL");
      assert.equal((await client.call("RUN", 0)).error?.code, "RPC_SYSTEMERROR");
      assert.equal((await client.call("ECHO", 3)).result, 3);
    });

    it("2,000 calls in a row", async () => {
      assert.equal((await client.call("ECHO", 5, {}, 2000)).result, 5);
      assert.equal((await client.state()).calls, 2000);
    });

    it("what can't be encoded is not sent", async () => {
      const { error } = await client.call("ECHO", 2 ** 40);
      assert.equal(error?.code, "RPC_CANTENCODEARGS");
      assert.match(error.message, /ECHO/);
      assert.equal((await client.call("ECHO", 1)).result, 1);
    });

    it("a closed connection makes no calls", async () => {
      await client.close();
      assert.equal((await client.call("ECHO", 1)).error?.code, "RPC_CLOSED");
      assert.equal((await client.send("ECHO", 1)).error?.code, "RPC_CLOSED");
      assert.equal((await client.close()).error, undefined);
    });

    if (!netid.startsWith("udp")) {
      it("1 MiB each way, ten times; more than the bound is refused before it is sent", async () => {
        const blob = Uint8Array.from({ length: 1024 * 1024 }, (_, i) => i % 251);
        const { result } = await client.call("BLOB", blob, {}, 10);
        assert.equal(Buffer.compare(result as Uint8Array, blob), 0);
        const { error } = await client.call("BLOB", new Uint8Array(4 * 1024 * 1024));
        assert.equal(error?.code, "RPC_CANTENCODEARGS");
      });

      it("a reply that exceeds the bound ends the connection; the next call has another one", async () => {
        await client.connect({ ...reach(bound, netid), maxRecordBytes: 100_000, maxReceivedBytes: 50_000 });
        const { error } = await client.call("BLOB", new Uint8Array(60_000));
        assert.equal(error?.code, "RPC_CANTRECV");
        assert.match(error.message, /a record of at least \d+ bytes exceeds 50000/);
        assert.equal((await client.call("ECHO", 8)).result, 8);
        assert.equal((await client.state()).reconnects, 1);
      });

      it("one-way calls whose replies nobody reads do not stop each other", async () => {
        // 40 MiB of replies: more than any socket holds.
        const { error } = await client.send("BLOB", new Uint8Array(1024 * 1024), {}, 40);
        assert.equal(error, undefined);
        assert.equal((await client.call("ECHO", 9)).result, 9);
      });
    } else {
      it("a datagram that is too long is refused before it is sent", async () => {
        assert.equal((await client.call("BLOB", new Uint8Array(9000))).error?.code, "RPC_CANTENCODEARGS");
        await client.connect({ ...reach(bound, netid), maxUdpBytes: 60_000 });
        assert.equal(((await client.call("BLOB", new Uint8Array(8500))).result as Uint8Array).length, 8500);
      });
    }
  });
}
