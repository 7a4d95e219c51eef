import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SYNC_STEP_MS } from "../../../src/runtime/limits.ts";
import { Random } from "../../fuzz/random.ts";
import { rawShmServer } from "../conformance/raw-shm.ts";
import { SEED } from "../faults/proxy.ts";
import { until } from "../raw-server.ts";
import { patterned, serveShm, skipUnlessShm, view } from "../shm-support.ts";
import { openDescriptors } from "../../ipc/descriptors.ts";
import { RawPeer, testService, words } from "../support.ts";
import { BlockingClient } from "./blocking-client.ts";

/** The other side is told within that. */
const TOLD_WITHIN_MS = 1000;

/** Far more than a step, and far less than the calls' time. */
const SOON_MS = 20 * SYNC_STEP_MS;

/** Servers that are killed. `npm run chaos` has more. */
const DEATHS = Number(process.env["TSRPC_DEATHS"] ?? 20);

/** What the raw server's rings have. */
const RAW_RING_BYTES = 64 * 1024;

/** Connections over which a scribbler scribbles. */
const SCRIBBLES = Number(process.env["TSRPC_SHM_SCRIBBLES"] ?? 8);

/** Calls for ever, and says when it has begun. */
const CALLS = `
  const { connectSync } = await import(${JSON.stringify(new URL("../../../src/runtime/sync/index.js", import.meta.url))});
  const { ECHO, SERVICE } = await import(${JSON.stringify(new URL("../support.js", import.meta.url))});
  const { writeSync } = await import("node:fs");
  const connection = connectSync(SERVICE, { path: process.env.TSRPC_PATH, transport: "shm" });
  for (let i = 0; ; i++) {
    connection.call(ECHO, i);
    if (i === 100) writeSync(1, "begins");
  }
`;

describe("blocking clients over shm", function () {
  this.timeout(60_000);
  let client: BlockingClient;
  const running: ChildProcess[] = [];

  before(skipUnlessShm);
  beforeEach(() => {
    client = new BlockingClient();
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    for (const child of running.splice(0)) child.kill("SIGKILL");
  });

  /** A program of the tests in a process of its own, and the first line that it says. */
  async function start(program: string, ...args: string[]): Promise<{ child: ChildProcess; line: string }> {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const child = spawn(process.execPath, [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    running.push(child);
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return { child, line };
  }

  describe("which way it takes", () => {
    it("the service's UNIX socket leads to shm; without a word of the transport, too", async () => {
      const { server, path } = await serveShm();
      for (const to of [{ path }, { path, transport: "auto" }, { path, transport: "shm" }] as const) {
        assert.equal((await client.connect(to)).result, `shm ${path}`);
        assert.equal((await client.call("ECHO", 3)).result, 3);
        assert.equal((await client.state()).transport, "shm");
      }
      assert.equal((await client.connect({ path, transport: "local" })).result, `local ${path}`);
      await server.close();
    });

    it("a server without shm: the socket as it is; who asks for shm is told", async () => {
      const { server, path } = await serveShm({ shm: false });
      assert.equal((await client.connect({ path })).result, `local ${path}`);
      assert.equal((await client.call("ECHO", 4)).result, 4);
      assert.equal(server.connections, 1, "the one that was asked over");
      const { error } = await client.connect({ path, transport: "shm" });
      assert.equal(error?.code, "RPC_CANTCONNECT");
      assert.match(error.message, /AUTH_REJECTEDCRED/);
      await server.close();
    });

    describe("a server that does what the test says", () => {
      let listener: Server;
      let path: string;
      let asked: RawPeer[];
      let answer: (peer: RawPeer, question: Buffer) => void;

      beforeEach(async () => {
        asked = [];
        path = join(tmpdir(), `tsrpcgen-sync-shm-${process.pid}.sock`);
        listener = createServer((socket) => {
          const peer = RawPeer.over(socket);
          asked.push(peer);
          peer.receive().then(
            (question) => {
              answer(peer, question);
            },
            () => undefined,
          );
        });
        listener.listen({ path });
        await once(listener, "listening");
      });
      afterEach(async () => {
        for (const { socket } of asked) socket.destroy();
        listener.close();
        await once(listener, "close");
        rmSync(path, { force: true });
      });

      it("it ends the connection at the question: another one, without it", async () => {
        answer = ({ socket }) => socket.destroy();
        assert.equal((await client.connect({ path })).result, `local ${path}`);
        assert.equal(asked.length, 2);
        const { error } = await client.connect({ path, transport: "shm" });
        assert.equal(error?.code, "RPC_CANTCONNECT");
      });

      it("it names a place where nobody is: the connection goes on as it is", async () => {
        answer = (peer, question) => {
          const verifier = Buffer.concat([words(0x7473686d, 8), Buffer.from("nowhere!")]);
          peer.send(Buffer.concat([question.subarray(0, 4), words(1, 0), verifier, words(0)]));
        };
        assert.equal((await client.connect({ path })).result, `local ${path}`);
        assert.equal(asked.length, 1);
        const { error } = await client.connect({ path, transport: "shm" });
        assert.match(error?.message ?? "", /the server speaks shm, but can't be met: .*ECONNREFUSED/);
      });

      it("it does not answer: RPC_CANTCONNECT, when the time is up", async () => {
        answer = () => undefined;
        const { error, ms } = await client.connect({ path, transport: "shm", timeoutMs: 300 });
        assert.equal(error?.code, "RPC_CANTCONNECT");
        assert.match(error.message, /no answer within 300 ms/);
        assert(ms >= 300 && ms < SOON_MS, `${ms} ms`);
      });
    });
  });

  describe("what goes wrong", () => {
    let raw: Awaited<ReturnType<typeof rawShmServer>>;

    beforeEach(async () => {
      raw = await rawShmServer();
      assert.equal((await client.connect(raw.to as { path: string })).error, undefined);
    });
    afterEach(() => raw.close());

    it("silence: RPC_TIMEDOUT, when the time is up and not before", async () => {
      for (const timeoutMs of [0, 30, 450]) {
        const { error, ms } = await client.call("ECHO", 1, { timeoutMs });
        assert.equal(error?.code, "RPC_TIMEDOUT");
        assert(ms >= timeoutMs && ms < timeoutMs + SOON_MS, `${ms} ms of ${timeoutMs}`);
      }
    });

    it("the server goes in the middle of a call: RPC_CANTRECV, at once", async () => {
      const called = client.call("ECHO", 1);
      await raw.next();
      await raw.hangUp();
      const { error, ms } = await called;
      assert.equal(error?.code, "RPC_CANTRECV");
      assert.match(error.message, /the server may have run the call/);
      assert(ms < TOLD_WITHIN_MS, `${ms} ms`);
    });

    it("positions that can't be right end the connection; the next call has another one", async () => {
      for (const written of [RAW_RING_BYTES + 1, -1, 2 ** 31 - 1]) {
        const called = client.call("ECHO", 1);
        await raw.next();
        const channel = raw.channels.at(-1);
        assert(channel !== undefined);
        const { words: of, own } = view(channel);
        Atomics.store(of, own.written, written);
        channel.socket.bell().ring();
        const { error } = await called;
        assert.equal(error?.code, "RPC_CANTRECV");
        assert.match(String(error.cause), /the peer's position is \d+ bytes from ours/);
      }
      const called = client.call("ECHO", 2);
      const { message, reply } = await raw.next();
      reply(Buffer.concat([message.subarray(0, 4), words(1, 0, 0, 0, 0, 5)]));
      assert.equal((await called).result, 5);
      assert.equal((await client.state()).reconnects, 3);
    });

    it("a position of what was taken that can't be right ends it with the call that is sent", async () => {
      const called = client.call("BLOB", patterned(RAW_RING_BYTES - 100, 1), { timeoutMs: 50 });
      await raw.next();
      assert.equal((await called).error?.code, "RPC_TIMEDOUT");
      const channel = raw.channels.at(-1);
      assert(channel !== undefined);
      const { words: of, own } = view(channel);
      Atomics.store(of, own.taken, 2 ** 30);
      const { error } = await client.call("BLOB", patterned(RAW_RING_BYTES - 100, 1));
      assert.match(String(error?.cause), /the peer's position is \d+ bytes from ours/);
    });

    it("a record that is too long ends it", async () => {
      const called = client.call("ECHO", 1);
      const { reply } = await raw.next();
      reply(new Uint8Array(4 * 1024 * 1024 + 4));
      const { error } = await called;
      assert.equal(error?.code, "RPC_CANTRECV");
      assert.match(error.message, /a record of at least \d+ bytes exceeds/);
    });

    it("rings without end are no reply, and hold nobody up", async () => {
      const called = client.call("ECHO", 1, { timeoutMs: 300 });
      await raw.next();
      const bell = raw.channels.at(-1)?.socket.bell();
      let isOver = false;
      void called.then(() => (isOver = true));
      while (!(isOver as boolean)) {
        for (let i = 0; i < 1000; i++) bell?.ring();
        await new Promise(setImmediate);
      }
      const { error, ms } = await called;
      assert.equal(error?.code, "RPC_TIMEDOUT", String(error?.cause));
      assert(ms >= 300 && ms < SOON_MS, `${ms} ms`);
    });

    it("a worker that waits is terminated soon, and its server is told", async () => {
      const { server, path } = await serveShm(
        { closeTimeoutMs: 0 },
        testService(() => new Promise(() => undefined)),
      );
      await client.connect({ path });
      await until(() => server.connections === 1);
      void client.call("RUN", 1, { timeoutMs: 600_000 }).catch(() => undefined);
      await until(() => server.stats().running === 1);
      const startMs = performance.now();
      await client.worker.terminate();
      assert(performance.now() - startMs < SOON_MS, `${performance.now() - startMs} ms`);
      await until(() => server.connections === 0);
      await server.close();
    });
  });

  describe("other processes", () => {
    it("a server that is stopped takes nothing: the call's time ends it, and the next one has another connection", async () => {
      const { child, line: path } = await start("../shm-ping-pong.js", "server");
      await client.connect({ path });
      assert.equal((await client.call("ECHO", 1)).result, 1);
      child.kill("SIGSTOP");
      const { error, ms } = await client.call("BLOB", patterned(2 ** 20, 1), { timeoutMs: 300 });
      child.kill("SIGCONT");
      assert.equal(error?.code, "RPC_TIMEDOUT");
      assert.match(error.message, /has not taken the call within 300 ms/);
      assert(ms >= 300 && ms < SOON_MS, `${ms} ms`);
      assert.equal((await client.call("ECHO", 2)).result, 2);
      assert.equal((await client.state()).reconnects, 1);
    });

    it(`${DEATHS} servers that are killed in the middle of calls: an error within a second`, async function () {
      this.timeout(60_000 + DEATHS * 2000);
      const lives = new Random(SEED);
      let descriptors = 0;
      for (let i = 0; i < DEATHS; i++) {
        const { child, line: path } = await start("../shm-ping-pong.js", "server");
        assert.equal((await client.connect({ path, reconnect: false })).error, undefined);
        // In short calls, in the middle of a long one, and of one that is in pieces.
        const called =
          i % 3 === 0
            ? client.call("ECHO", 1, {}, 1e9)
            : i % 3 === 1
              ? client.call("RUN", 20_000_000)
              : client.call("BLOB", new Uint8Array(2 ** 20), {}, 1e9);
        await new Promise((resolve) => setTimeout(resolve, lives.below(60)));
        child.kill("SIGKILL");
        const killedAtMs = performance.now();
        const { error } = await called;
        const toldMs = performance.now() - killedAtMs;
        assert(["RPC_CANTRECV", "RPC_CANTSEND"].includes(String(error?.code)), String(error?.code));
        assert(toldMs < TOLD_WITHIN_MS, `the client was told after ${toldMs} ms`);
        await client.close();
        running.splice(0);
        rmSync(path, { force: true });
        if (i === 0) descriptors = openDescriptors();
      }
      await until(() => openDescriptors() <= descriptors);
    });

    it("clients that are killed: the server is told, and keeps nothing", async function () {
      const { server, path } = await serveShm();
      let descriptors = 0;
      for (let i = 0; i < 5; i++) {
        const child = spawn(process.execPath, ["--input-type=module", "-e", CALLS], {
          env: { ...process.env, TSRPC_PATH: path },
          stdio: ["ignore", "pipe", "inherit"],
        });
        running.push(child);
        await once(child.stdout, "data");
        assert.equal(server.connections, 1);
        child.kill("SIGKILL");
        await once(child, "exit");
        const endedAtMs = performance.now();
        await until(() => server.connections === 0);
        assert(performance.now() - endedAtMs < TOLD_WITHIN_MS);
        if (i === 0) descriptors = openDescriptors();
      }
      await until(() => openDescriptors() <= descriptors);
      await server.close();
    });

    it("a server that scribbles over the memory: calls fail with an error or are answered, and the client goes on", async function () {
      this.timeout(60_000 + SCRIBBLES * 2000);
      const { line: path } = await start("../shm-scribbler.js", "server");
      const outcomes = new Set<string>();
      for (let i = 0; i < SCRIBBLES; i++) {
        assert.equal((await client.connect({ path, transport: "shm", reconnect: false })).error, undefined);
        for (let n = 0; n < 5; n++) {
          const { error } = await client.call(n === 3 ? "BLOB" : "ECHO", n === 3 ? patterned(9000, n) : n, {
            timeoutMs: 100,
          });
          assert.equal(error?.name ?? "RpcError", "RpcError", error?.message);
          outcomes.add(error?.code ?? "answered");
        }
      }
      rmSync(path); // its server is killed
      assert(!outcomes.has("answered") || outcomes.size > 1, "it does scribble");
    });
  });
});
