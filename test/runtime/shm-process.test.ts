import assert from "node:assert/strict";
import { runScript } from "../ipc/script.ts";
import { connect } from "../../src/runtime/index.ts";
import { until } from "./raw-server.ts";
import { ECHO, SERVICE } from "./support.ts";
import { serveShm, skipUnlessShm } from "./shm-support.ts";

const at = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);

/** What each script begins with. */
const HEAD = `const { connect, RpcServer } = await import(${at("../../src/runtime/index.js")});
  const { ECHO, RUN, SERVICE } = await import(${at("./support.js")});
  const { serveShm } = await import(${at("./shm-support.js")});
  const { readdirSync } = await import("node:fs");
`;

/** Runs a script, which ends by itself. @returns what it printed */
async function ends(source: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { end, stdout, stderr } = await runScript(HEAD + source, env);
  assert.equal(end, 0, stderr);
  return stdout.trim();
}

describe("runtime: shm: processes and threads that end", function () {
  this.timeout(30_000);
  before(skipUnlessShm);

  it("a process ends once both ends have been closed, and both within one", async () => {
    const out = await ends(`
      const { server, path } = await serveShm();
      const connection = await connect(SERVICE, { path });
      console.log(connection.transport, await connection.call(ECHO, 4));
      await connection.close();
      await server.close();`);
    assert.equal(out, "shm 4");
  });

  it("a client ends that was told not to wait for its connection, and the server is told", async () => {
    const { server, path } = await serveShm();
    const out = await ends(`
      const connection = await connect(SERVICE, ${JSON.stringify({ path })});
      console.log(connection.transport, await connection.call(ECHO, 5));
      connection.unref();`);
    assert.equal(out, "shm 5");
    await until(() => server.connections === 0);
    await server.close();
  });

  it("process.exit() in the middle of calls: the server is told", async () => {
    const { server, path } = await serveShm();
    await ends(`
      const connection = await connect(SERVICE, ${JSON.stringify({ path })});
      for (let i = 0; i < 50; i++) connection.call(ECHO, i).then(() => { if (i === 20) process.exit(0); });`);
    await until(() => server.connections === 0);
    await using other = await connect(SERVICE, { path });
    assert.equal(await other.call(ECHO, 1), 1);
    await other.close();
    await server.close();
  });

  it("worker threads that are terminated in the middle of calls leave no descriptor", async () => {
    const out = await ends(`
      const { Worker } = await import("node:worker_threads");
      const { once } = await import("node:events");
      const { server, path } = await serveShm();
      const source = ${JSON.stringify(HEAD)} + \`
        const { workerData, parentPort } = await import("node:worker_threads");
        const connection = await connect(SERVICE, { path: workerData, reconnect: false });
        const go = async () => { for (let i = 0; ; i++) { await connection.call(ECHO, i); if (i === 100) parentPort.postMessage(connection.transport); } };
        for (let i = 0; i < 8; i++) go();\`;
      const url = new URL("data:text/javascript," + encodeURIComponent(source));
      let before;
      for (let round = 0; round < 5; round++) {
        const worker = new Worker(url, { workerData: path });
        const [transport] = await once(worker, "message");
        if (transport !== "shm") throw new Error(transport);
        await worker.terminate();
        while (server.connections > 0) await new Promise(setImmediate);
        if (round === 1) before = readdirSync("/proc/self/fd").length;
      }
      const after = readdirSync("/proc/self/fd").length;
      await server.close();
      console.log(after <= before ? "none" : after + " of " + before);`);
    assert.equal(out, "none");
  });

  it("without the addon at either end the connection stays on the socket, without a word", async () => {
    const { server, path } = await serveShm();
    const script = (to: string): string => `
      process.on("warning", (warning) => console.log(warning.message));
      const connection = await connect(SERVICE, { path: ${to} });
      console.log(connection.transport, await connection.call(ECHO, 6));
      await connect(SERVICE, { path: ${to}, transport: "shm" }).catch((error) => console.log(error.code, error.message));
      await connection.close();`;
    const hidden = HEAD.replace(/^.*shm-support.*$/m, "");
    const run = async (source: string): Promise<string> => {
      const { end, stdout, stderr } = await runScript(hidden + source, { TSRPC_NO_NATIVE: "1" });
      assert.equal(end, 0, stderr);
      return stdout.trim();
    };
    assert.match(
      await run(script(JSON.stringify(path))),
      /^local 6\nRPC_CANTCONNECT .*can't connect: the native addon is not available.*$/,
    );
    await server.close();
    const own = `
      const server = new RpcServer().add((await import(${at("./support.js")})).testService());
      const [{ path }] = await server.listen({ tcp: false, udp: false, portmap: "off" });`;
    assert.match(await run(`${own}${script("path")} await server.close();`), /^local 6\nRPC_CANTCONNECT .*$/);
  });

  it("memory, descriptors and mappings are as before after connections have come and gone", async () => {
    const out = await ends(`
      const { readFileSync } = await import("node:fs");
      const mappings = () => readFileSync("/proc/self/maps", "latin1").split("tsrpcgen-shm").length - 1;
      const { server, path } = await serveShm();
      let fds = 0;
      for (let round = 0; round < 200; round++) {
        const connection = await connect(SERVICE, { path });
        await connection.call(ECHO, round);
        await connection.close();
        while (server.connections > 0) await new Promise(setImmediate);
        if (round === 20) fds = readdirSync("/proc/self/fd").length;
      }
      console.log(mappings(), readdirSync("/proc/self/fd").length <= fds);
      await server.close();`);
    assert.equal(out, "0 true", "no mapping waits for the collector");
  });
});
