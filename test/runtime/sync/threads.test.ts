import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { createInterface } from "node:readline";
import { SYNC_STEP_MS } from "../../../src/runtime/limits.ts";
import { whyNoAddon } from "../../native/addon.ts";
import { BlockingClient } from "./blocking-client.ts";

const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
const PREAMBLE = `
  const { connectSync } = await import(${url("../../../src/runtime/sync/index.js")});
  const { ECHO, SERVICE } = await import(${url("../support.js")});
`;

/** Far more than a step, and far less than the calls' time. */
const SOON_MS = 20 * SYNC_STEP_MS;

describe("blocking clients: threads, signals and processes", function () {
  this.timeout(30_000);
  let listener: Server;
  let port: number;
  const running: ChildProcess[] = [];

  before(function () {
    if (whyNoAddon() !== undefined) this.skip();
  });

  beforeEach(async () => {
    listener = createServer();
    listener.on("connection", (socket: Socket) => socket.on("error", () => undefined));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    ({ port } = listener.address() as { port: number });
  });

  afterEach(() => {
    for (const child of running.splice(0)) child.kill("SIGKILL");
    listener.close();
  });

  /** A process that runs a script, and the next call that comes from it. */
  async function start(source: string, env: NodeJS.ProcessEnv = {}): Promise<{ child: ChildProcess; socket: Socket }> {
    const accepted = once(listener, "connection") as Promise<[Socket]>;
    const child = spawn(process.execPath, ["--input-type=module", "--expose-gc", "-e", PREAMBLE + source], {
      env: { ...process.env, PORT: String(port), ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    running.push(child);
    const [socket] = await accepted;
    await once(socket, "data"); // it waits for the reply from here on
    return { child, socket };
  }

  const CALL = `connectSync(SERVICE, { host: "127.0.0.1", port: +process.env.PORT }).call(ECHO, 1, { timeoutMs: 600_000 });`;

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`${signal} ends a process that waits`, async () => {
      const { child } = await start(CALL);
      child.kill(signal);
      assert.deepEqual(await once(child, "exit"), [null, signal]);
    });
  }

  it("a handler of a signal runs when the call has ended, and the signal does not end the call", async () => {
    const { child, socket } = await start(`
      process.on("SIGUSR2", () => console.log("handled"));
      try {
        connectSync(SERVICE, { host: "127.0.0.1", port: +process.env.PORT }).call(ECHO, 1, { timeoutMs: 600_000 });
      } catch (error) {
        console.log(error.code);
      }
      setTimeout(() => undefined, 100);`);
    child.kill("SIGUSR2");
    assert(child.stdout !== null);
    const lines = createInterface({ input: child.stdout });
    socket.destroy();
    const said: string[] = [];
    for await (const line of lines) said.push(line);
    assert.deepEqual(said, ["RPC_CANTRECV", "handled"]);
  });

  for (const where of ["a call", "an attempt to connect"]) {
    it(`a worker that waits in ${where} is terminated soon, and its socket is closed`, async () => {
      const client = new BlockingClient();
      const accepted = once(listener, "connection") as Promise<[Socket]>;
      let ended: Promise<unknown> = Promise.resolve();
      if (where === "a call") {
        await client.connect({ host: "127.0.0.1", port });
        const [socket] = await accepted;
        void client.call("ECHO", 1, { timeoutMs: 600_000 }).catch(() => undefined);
        await once(socket, "data");
        ended = once(socket, "close");
      } else {
        // TEST-NET-1 answers nobody; a network that refuses it ends the attempt even sooner.
        client.worker.postMessage({ do: "connect", to: { host: "192.0.2.1", port: 9, timeoutMs: 600_000 } });
        await once(client.worker, "online").catch(() => undefined);
      }
      const startMs = performance.now();
      await client.worker.terminate();
      assert(performance.now() - startMs < SOON_MS, `${performance.now() - startMs} ms`);
      await ended;
    });
  }

  it("a process ends while a worker of its waits", async () => {
    const { child } = await start(`
      const { Worker } = await import("node:worker_threads");
      const source = ${JSON.stringify(PREAMBLE + CALL)};
      const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)));
      process.on("SIGUSR2", () => process.exit(7));`);
    const startMs = performance.now();
    child.kill("SIGUSR2");
    assert.deepEqual(await once(child, "exit"), [7, null]);
    assert(performance.now() - startMs < SOON_MS, `${performance.now() - startMs} ms`);
  });

  it("a connection that is garbage closes its socket", async () => {
    const { socket } = await start(`
      (function () {
        try {
          connectSync(SERVICE, { host: "127.0.0.1", port: +process.env.PORT }).call(ECHO, 1, { timeoutMs: 50 });
        } catch {}
      })();
      setInterval(() => globalThis.gc(), 10);`);
    socket.resume();
    await once(socket, "end");
  });

  it("several threads call at a time, each over a connection of its own", async () => {
    const clients = [new BlockingClient(), new BlockingClient()];
    listener.removeAllListeners("connection");
    listener.on("connection", (socket: Socket) => {
      // The second call's reply first.
      socket.on("data", (request: Buffer) => waiting.push({ socket, request }));
    });
    const waiting: { socket: Socket; request: Buffer }[] = [];
    for (const client of clients) assert.equal((await client.connect({ host: "127.0.0.1", port })).error, undefined);
    const calls = clients.map((client, i) => client.call("ECHO", i));
    while (waiting.length < 2) await new Promise(setImmediate);
    for (const { socket, request } of waiting.reverse()) {
      const reply = Buffer.alloc(32);
      reply.writeUInt32BE(0x8000_001c, 0);
      request.copy(reply, 4, 4, 8);
      reply.writeUInt32BE(1, 8);
      request.copy(reply, 28, 44, 48);
      socket.write(reply);
    }
    assert.deepEqual(
      (await Promise.all(calls)).map(({ result }) => result),
      [0, 1],
    );
    for (const client of clients) await client[Symbol.asyncDispose]();
  });

  it("without the addon: an error that says so, and what works without", async () => {
    const child = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `${PREAMBLE}
      try { connectSync(SERVICE, { host: "127.0.0.1", port: ${port} }); } catch (error) { console.log(error.code, error.message); }
      try { connectSync(SERVICE, { host: "example.org", port: 1 }); } catch (error) { console.log(error.code); }
      try { connectSync(SERVICE, { portmap: { port: ${port} } }); } catch (error) { console.log(error.code); }`,
      ],
      {
        env: { ...process.env, TSRPC_NO_NATIVE: "1" },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) said.push(line);
    assert.match(
      said[0] ?? "",
      /^TSRPC_NATIVE_MISSING blocking clients need the native addon.*TSRPC_NO_NATIVE=1.*promises work without it/,
    );
    assert.deepEqual(said.slice(1), ["TSRPC_NATIVE_MISSING", "TSRPC_NATIVE_MISSING"]);
  });
});
