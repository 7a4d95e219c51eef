import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { RpcError, connect } from "../../src/runtime/index.ts";
import { until } from "./raw-server.ts";
import { BLOB, ECHO, SERVICE } from "./support.ts";
import { patterned, serveShm, skipUnlessShm } from "./shm-support.ts";

/** Connections over which each scribbler scribbles. */
const CONNECTIONS = Number(process.env["TSRPC_SHM_SCRIBBLES"] ?? 8);

describe("runtime: shm: another process that scribbles over the memory while calls run", function () {
  this.timeout(60_000 + CONNECTIONS * 1000);
  before(skipUnlessShm);

  let child: ChildProcess;
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [fileURLToPath(new URL("./shm-scribbler.js", import.meta.url)), ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
  let left: string | undefined;
  afterEach(() => {
    child.kill("SIGKILL");
    if (left !== undefined) rmSync(left, { force: true });
  });

  it("as a client: its connections end, and another client is answered all the time", async () => {
    const { server, path, to } = await serveShm({ shm: { ringBytes: 8192 }, onError: () => undefined });
    await using honest = await connect(SERVICE, { ...to, reconnect: false });
    child = start("client", path, String(CONNECTIONS));
    for (let i = 0; child.exitCode === null; i++) {
      assert.equal(await honest.call(ECHO, i), i);
      if (i % 50 === 0) assert(patterned(20_000, i).equals(await honest.call(BLOB, patterned(20_000, i))));
    }
    assert.equal(child.exitCode, 0);
    await until(() => server.connections === 1);
    await honest.close();
    await server.close();
  });

  it("as a server: calls fail with an error or are answered, and the client goes on", async () => {
    child = start("server");
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [path] = (await once(lines, "line")) as [string];
    left = path; // its server is killed
    const outcomes = new Map<string, number>();
    for (let i = 0; i < CONNECTIONS; i++) {
      const connection = await connect(SERVICE, { path, transport: "shm", reconnect: false });
      const calls = Array.from({ length: 20 }, async (_, n) => connection.call(ECHO, n, { timeoutMs: 300 }));
      for (const outcome of await Promise.allSettled(calls)) {
        const { reason } = outcome as { reason?: unknown };
        assert(outcome.status === "fulfilled" || reason instanceof RpcError, String(reason));
        const what = reason instanceof RpcError ? reason.code : "answered";
        outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      }
      await connection.close();
    }
    assert(!outcomes.has("answered") || outcomes.size > 1, "it does scribble");
  });
});
