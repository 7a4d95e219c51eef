import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { whyNoAddon } from "../../native/addon.ts";
import { rawShmServer } from "../conformance/raw-shm.ts";
import { type RawServer, rawServer } from "../conformance/raw.ts";
import { PROGRAM, VERSION, hexWords, words } from "../support.ts";
import { BlockingClient } from "./blocking-client.ts";
import type { Task } from "./blocking-worker.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

/** What a raw server is reached by, as it travels to another thread. */
function reach({ to }: RawServer): Extract<Task, { do: "connect" }>["to"] {
  const { host, port, transport, path, timeoutMs } = to;
  return {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(transport !== undefined && { transport }),
    ...(path !== undefined && { path }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

for (const netid of ["tcp", "tcp6", "udp", "udp6", "local", "shm"] as const) {
  describe(`blocking clients over ${netid}: the bytes`, function () {
    let server: RawServer;
    let client: BlockingClient;

    before(function () {
      client = new BlockingClient();
      if (whyNoAddon() !== undefined || (netid.endsWith("6") && !hasIpv6)) this.skip();
      if (netid === "shm" && process.platform !== "linux") this.skip();
    });

    after(() => client[Symbol.asyncDispose]());

    beforeEach(async () => {
      server = await (netid === "shm" ? rawShmServer() : rawServer(netid));
      const { error } = await client.connect(reach(server));
      assert.equal(error, undefined);
    });

    afterEach(async () => {
      await server.close();
    });

    it("a call, and its result", async () => {
      const called = client.call("ECHO", -2);
      const { message, reply } = await server.next();
      assert.equal(
        hexWords(message.subarray(4)),
        hexWords(words(0, 2, PROGRAM, VERSION, 1, 0, 0, 0, 0, 0xffff_fffe)),
        "CALL, RPC 2, program, version, ECHO, AUTH_NONE twice, the argument",
      );
      reply(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 0xffff_fffd)]));
      assert.equal((await called).result, -3);
    });

    it("the next call has the next xid", async () => {
      const xids: number[] = [];
      for (let i = 0; i < 3; i++) {
        const called = client.call("NOTHING");
        const { message, reply } = await server.next();
        xids.push(message.readUInt32BE());
        reply(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0)]));
        assert.equal((await called).error, undefined);
      }
      assert.deepEqual(
        xids.map((xid) => (xid - (xids[0] ?? 0)) >>> 0),
        [0, 1, 2],
      );
    });

    it("AUTH_SYS", async () => {
      const called = client.call("NOTHING", undefined, { auth: "sys" });
      const { message, reply } = await server.next();
      // Flavor 1, 32 bytes: stamp, "here", uid 7, gid 8, one gid; verifier AUTH_NONE.
      assert.equal(hexWords(message.subarray(24, 32)), "00000001 0000001c");
      assert.equal(
        hexWords(message.subarray(36)),
        "00000004 68657265 00000007 00000008 00000001 00000009 00000000 00000000",
      );
      reply(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0)]));
      assert.equal((await called).error, undefined);
    });

    it("a one-way call, which waits for nothing", async () => {
      assert.equal((await client.send("ECHO", 5)).error, undefined);
      const { message } = await server.next();
      assert.equal(hexWords(message.subarray(20, 24)), "00000001");
      assert.equal(hexWords(message.subarray(40)), "00000005");
    });

    it("replies with other xids, calls, and what is no message are dropped", async () => {
      const called = client.call("ECHO", 1);
      const { message, reply } = await server.next();
      const other = Buffer.from(message.subarray(0, 4));
      other.writeUInt32BE((other.readUInt32BE() + 1) >>> 0);
      reply(Buffer.concat([other, words(1, 0, 0, 0, 0, 66)]));
      reply(message); // a call, with the very xid
      reply(Buffer.of(1, 2, 3));
      reply(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 77)]));
      assert.equal((await called).result, 77);
      assert.equal((await client.state()).strayReplies, 3);
    });

    it("a reply that comes when its call's time is up does not answer the next one", async () => {
      const late = client.call("ECHO", 1, { timeoutMs: 20 });
      const first = await server.next();
      assert.equal((await late).error?.code, "RPC_TIMEDOUT");
      first.reply(Buffer.concat([first.message.subarray(0, 4), words(1, 0, 0, 0, 0, 11)]));
      const called = client.call("ECHO", 2);
      const second = await server.next();
      second.reply(Buffer.concat([second.message.subarray(0, 4), words(1, 0, 0, 0, 0, 22)]));
      assert.equal((await called).result, 22);
      assert.equal((await client.state()).strayReplies, 1);
    });

    const errors = [
      ["RPC_PROGUNAVAIL", [1, 0, 0, 0, 1], {}],
      ["RPC_PROGVERSMISMATCH", [1, 0, 0, 0, 2, 4, 5], { low: 4, high: 5 }],
      ["RPC_PROCUNAVAIL", [1, 0, 0, 0, 3], {}],
      ["RPC_CANTDECODEARGS", [1, 0, 0, 0, 4], {}],
      ["RPC_SYSTEMERROR", [1, 0, 0, 0, 5], {}],
      ["RPC_VERSMISMATCH", [1, 1, 0, 3, 4], { low: 3, high: 4 }],
      ["RPC_AUTHERROR", [1, 1, 1, 5], { authStat: "AUTH_TOOWEAK" }],
      ["RPC_CANTDECODERES", [1, 7], {}], // no such reply_stat
      ["RPC_CANTDECODERES", [1, 0, 0, 401], {}], // a verifier that is too long
      ["RPC_CANTDECODERES", [1, 0, 0, 0, 0], {}], // the result is missing
    ] as const;
    for (const [code, reply, details] of errors) {
      it(`${code}: a reply of ${reply.join(" ")}; the connection goes on`, async () => {
        const called = client.call("ECHO", 1);
        const request = await server.next();
        request.reply(Buffer.concat([request.message.subarray(0, 4), words(...reply)]));
        const { error } = await called;
        assert.equal(error?.code, code);
        assert.equal(error.name, "RpcError");
        assert.match(error.message, new RegExp(`^TEST_PROG version 3 ECHO at ${netid} `));
        for (const [key, value] of Object.entries(details)) assert.equal(error[key as keyof typeof error], value);
        const again = client.call("ECHO", 4);
        const next = await server.next();
        next.reply(Buffer.concat([next.message.subarray(0, 4), words(1, 0, 0, 0, 0, 4)]));
        assert.equal((await again).result, 4);
      });
    }

    it("trailing bytes are tolerated, and counted; strict decoding refuses them", async () => {
      const answer = async (): Promise<void> => {
        const { message, reply } = await server.next();
        reply(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 9, 9)]));
      };
      const [{ result }] = await Promise.all([client.call("ECHO", 9), answer()]);
      assert.equal(result, 9);
      assert.equal((await client.state()).tolerated, 1);
      await client.connect({ ...reach(server), xdr: "strict" });
      const [{ error }] = await Promise.all([client.call("ECHO", 9), answer()]);
      assert.equal(error?.code, "RPC_CANTDECODERES");
    });
  });
}
