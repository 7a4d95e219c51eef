import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  NO_REPLY,
  type RpcError,
  RpcServer,
  type SpawnServerOptions,
  type SpawnedServer,
  connect,
  serveParent,
  spawnServer,
} from "../../src/runtime/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { openDescriptors } from "../ipc/descriptors.ts";
import { BLOB, ECHO, RUN, SERVICE, testService } from "./support.ts";

const program = fileURLToPath(new URL("./spawned-server.js", import.meta.url));

function start(options: SpawnServerOptions = {}): Promise<SpawnedServer> {
  return spawnServer(process.execPath, [program], options);
}

describe("runtime: servers that are started", function () {
  this.timeout(20_000);

  it("answer over the descriptor that they share with their parent", async () => {
    await using server = await start();
    const { connection } = server;
    assert.equal(connection.transport, "pipe");
    assert.equal(connection.peer?.path, process.execPath);
    const calls = Array.from({ length: 100 }, (_, i) => connection.call(ECHO, i));
    assert.deepEqual(
      await Promise.all(calls),
      Array.from({ length: 100 }, (_, i) => i),
    );
    const blob = new Uint8Array(2_000_000).fill(3);
    assert.equal(Buffer.compare(await connection.call(BLOB, blob), blob), 0);
    await server.close();
    assert.equal(server.process.exitCode, 0, "it ends by itself");
    await assert.rejects(connection.call(ECHO, 1), { code: "RPC_CLOSED" });
  });

  it("call back", async () => {
    await using server = await start();
    const back = new RpcServer().add(testService((arg) => arg + 1)).attach(server.connection);
    assert.equal(await server.connection.call(RUN, 1), 44);
    await back.close();
  });

  it("do so without the native addon", async () => {
    await using server = await start({ env: { ...process.env, TSRPC_NO_NATIVE: "1" } });
    assert.equal(await server.connection.call(ECHO, 5), 5);
  });

  it("know who their parent is, and hide the descriptor from their own children", async () => {
    await using server = await start({ fd: 7 });
    // What the kernel says, the addon asks.
    assert.equal(await server.connection.call(RUN, 5), whyNoAddon() === undefined ? process.pid : -1);
    assert.equal(await server.connection.call(RUN, 6), 0);
  });

  for (const [arg, how] of [
    [2, "ended with exit code 7"],
    [3, "was ended by SIGKILL"],
  ] as const) {
    it(`fail the calls of their parent when they die: ${how}`, async () => {
      await using server = await start();
      const { connection } = server;
      const waiting = assert.rejects(connection.call(RUN, 4), { code: "RPC_CANTRECV" });
      await assert.rejects(connection.call(RUN, arg), (error: RpcError) => {
        assert.equal(error.code, "RPC_CANTRECV");
        assert.ok(error.message.includes(`the server's process ${server.process.pid} ${how}`), error.message);
        return true;
      });
      await waiting;
      await assert.rejects(connection.call(ECHO, 1), (error: RpcError) => error.message.includes(how));
    });
  }

  it("are killed where they do not end with their connection", async () => {
    const stubborn = "setInterval(() => {}, 1000)";
    const server = await spawnServer(process.execPath, ["-e", stubborn], { exitTimeoutMs: 50 });
    await server.close();
    assert.equal(server.process.signalCode, "SIGKILL");
  });

  it("fail their parent's calls although a child of theirs holds the connection open", async () => {
    const server = await spawnServer("/bin/sh", ["-c", "sleep 30 & echo $!; exit 9"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [pid] = (await once(server.process.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    await assert.rejects(server.connection.call(ECHO, 1), /exit code 9/);
    process.kill(Number(pid.toString()), "SIGKILL");
    await server.close();
  });

  it("end with their parent", async () => {
    const parent = `
      const { spawnServer } = await import(${JSON.stringify(new URL("../../src/runtime/index.js", import.meta.url).href)});
      const server = await spawnServer(process.execPath, [${JSON.stringify(program)}]);
      console.log(server.process.pid);
      setInterval(() => {}, 1000);`;
    const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", parent], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const stdout = child.stdout as NodeJS.ReadableStream;
    const [pid] = (await once(stdout, "data")) as [Buffer];
    child.kill("SIGKILL");
    await once(child, "exit");
    while (isRunning(Number(pid.toString()))) await new Promise(setImmediate);
  });

  it("that can't be started are an error", async () => {
    await assert.rejects(spawnServer("/no/such/program"), (error: RpcError) => {
      assert.equal(error.code, "RPC_CANTCONNECT");
      assert.match(error.message, /pipe \/no\/such\/program: can't start the server: .*ENOENT/);
      return true;
    });
    await assert.rejects(spawnServer("true", [], { fd: 2 }), RangeError);
    await assert.rejects(spawnServer("true", [], { exitTimeoutMs: -1 }), RangeError);
  });

  it("leave no descriptor", async () => {
    await (await start()).close();
    const before = openDescriptors();
    for (let i = 0; i < 3; i++) {
      const server = await start();
      await server.connection.call(ECHO, i);
      await server.close();
    }
    assert.equal(openDescriptors(), before);
  });

  it("are no servers for others: neither for who has no such parent, nor for who connects", async () => {
    await using server = new RpcServer().add(testService(() => NO_REPLY));
    await assert.rejects(serveParent(server), { code: "RPC_CANTLISTEN" });
    await assert.rejects(connect(SERVICE, { transport: "pipe", path: "/bin/true" }), {
      code: "RPC_UNKNOWNPROTO",
      message: /spawnServer/,
    });
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
