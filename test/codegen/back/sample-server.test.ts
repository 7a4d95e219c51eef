import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, type Server, connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "tsrpcgen/runtime";
import { int32Codec, voidCodec } from "tsrpcgen/xdr";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { type SampleServerOptions, generate } from "../../../src/codegen/index.ts";
import { root } from "./golden.ts";

const SERVICE = { program: 0x31237, version: 1 };
const BIN_DATE = {
  ...SERVICE,
  programName: "DATE_PROG",
  number: 1,
  name: "BIN_DATE",
  args: voidCodec,
  result: int32Codec,
};

// What its text is, the golden files show; here it runs.
describe("the sample server of -I, -K and -L, as a process", function () {
  this.timeout(30_000);
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-sample-"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    mkdirSync(join(folder, "node_modules"));
    mkdirSync(join(folder, "bin"));
    symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  /** The sample's program, its BIN_DATE made to fail where that is wanted. */
  async function write(sampleServer: SampleServerOptions, fails = false): Promise<void> {
    const text = readFileSync(join(root, "examples/date.x"), "utf8");
    const { files } = await generate({ sources: [{ path: "date.x", text }], samples: true, sampleServer });
    for (const file of files) {
      const source = fails ? file.text.replace("return 0;", 'throw new Error("no date");') : file.text;
      const { outputText } = transpileModule(source, {
        compilerOptions: { target: ScriptTarget.ES2022, module: ModuleKind.ES2022 },
      });
      writeFileSync(join(folder, file.path.replace(/ts$/, "js")), outputText);
    }
  }

  /** Starts it, with nothing on the PATH but what lies in `bin`. `stdin` is a descriptor. */
  function start(stdin: number | "ignore", stdout: number | "pipe" = "pipe"): ChildProcess {
    const child = spawn(process.execPath, [join(folder, "date_server.js")], {
      env: {
        PATH: join(folder, "bin"),
        XDG_RUNTIME_DIR: folder,
        TSRPC_PORTMAP: join(folder, "none"),
        LOGGED: join(folder, "logged"),
      },
      stdio: [stdin, stdout, "pipe"],
    });
    children.push(child);
    return child;
  }

  /** A `logger` that notes its arguments and what it reads. */
  function installLogger(): void {
    const script = `#!${process.execPath}
      import { appendFileSync } from "node:fs";
      appendFileSync(process.env.LOGGED, process.argv.slice(2).join(" ") + "\\n");
      process.stdin.on("data", (text) => appendFileSync(process.env.LOGGED, text));
      process.stdin.on("end", () => appendFileSync(process.env.LOGGED, "end\\n"));`;
    writeFileSync(join(folder, "bin/logger"), script);
    chmodSync(join(folder, "bin/logger"), 0o755);
  }

  /** What it has noted by its end, which comes behind that of its server. */
  async function logged(): Promise<string> {
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
      await new Promise(setImmediate);
      const path = join(folder, "logged");
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      if (text.endsWith("end\n")) return text;
    }
    throw new Error("the logger has not ended");
  }

  async function everything(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
    let [out, err] = ["", ""];
    child.stdout?.on("data", (text) => (out += String(text)));
    child.stderr?.on("data", (text) => (err += String(text)));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, out, err };
  }

  async function listening(): Promise<{ server: Server; fd: number; port: number }> {
    const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    return { server, fd, port: (server.address() as AddressInfo).port };
  }

  /** The port of a line such as `listening on tcp 0.0.0.0:4321`. */
  async function portOf(child: ChildProcess): Promise<number> {
    assert(child.stdout !== null);
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const port = /^listening on tcp .*:(\d+)$/.exec(line)?.[1];
    assert(port !== undefined, line);
    return Number(port);
  }

  it("-K 0: ends after its first call, by itself and with 0", async () => {
    await write({ idleSeconds: 0, transports: ["tcp"] });
    const child = start("ignore");
    const end = everything(child);
    await using client = await connect(SERVICE, { host: "127.0.0.1", port: await portOf(child), timeoutMs: 10_000 });
    assert.equal(await client.call(BIN_DATE, undefined), 0);
    assert.equal((await end).code, 0);
  });

  it("-K seconds: ends though nobody has called it", async () => {
    await write({ idleSeconds: 1, transports: ["tcp"] });
    const { code, out } = await everything(start("ignore"));
    assert.equal(code, 0);
    assert.match(out, /^listening on tcp 0\.0\.0\.0:\d+\n$/);
  });

  it("-I, started by inetd with a socket that listens: serves it, and prints nothing", async function () {
    if (process.platform !== "linux") this.skip();
    installLogger();
    await write({ inetd: true, idleSeconds: 0 }, true);
    const { server, fd, port } = await listening();
    const child = start(fd);
    const end = everything(child);
    await once(child, "spawn");
    server.close(); // the child has it
    await using client = await connect(SERVICE, { host: "127.0.0.1", port, timeoutMs: 10_000 });
    await assert.rejects(client.call(BIN_DATE, undefined), { code: "RPC_SYSTEMERROR" });
    assert.deepEqual(await end, { code: 0, out: "", err: "" });
    assert.match(await logged(), /^BIN_DATE: Error: no date$/m);
  });

  it("-I, started by inetd with a connection at 0, 1 and 2: not a byte beside the replies", async function () {
    if (process.platform !== "linux") this.skip();
    await write({ inetd: true }, true); // and there is no logger
    const { server, port } = await listening();
    const socket = connectSocket(port, "127.0.0.1");
    const [accepted] = (await once(server, "connection")) as [{ _handle: { fd: number }; destroy(): void }];
    const { fd } = accepted._handle;
    const child = spawn(process.execPath, [join(folder, "date_server.js")], {
      env: { PATH: join(folder, "bin") },
      stdio: [fd, fd, fd],
    });
    children.push(child);
    await once(child, "spawn");
    accepted.destroy();
    server.close();
    // BIN_DATE with xid 5: 40 bytes in one fragment.
    socket.end(Buffer.from(`80000028000000050000000000000002000312370000000100000001${"00".repeat(16)}`, "hex"));
    let received = Buffer.alloc(0);
    socket.on("data", (piece) => (received = Buffer.concat([received, piece])));
    await once(socket, "close");
    // Accepted, SYSTEM_ERR.
    assert.equal(received.toString("hex"), "80000018000000050000000100000000000000000000000000000005");
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0);
  });

  it("-I, started by hand: listens and goes on", async () => {
    await write({ inetd: true, idleSeconds: 0, transports: ["tcp"] });
    const child = start("ignore");
    const end = everything(child);
    const port = await portOf(child);
    for (let visit = 0; visit < 2; visit++) {
      await using client = await connect(SERVICE, { host: "127.0.0.1", port, timeoutMs: 10_000 });
      assert.equal(await client.call(BIN_DATE, undefined), 0);
    }
    child.kill("SIGTERM");
    assert.equal((await end).code, 0);
  });

  it("-L: errors go to logger(1)", async () => {
    installLogger();
    await write({ syslog: true, idleSeconds: 0, transports: ["tcp"] }, true);
    const child = start("ignore");
    const end = everything(child);
    await using client = await connect(SERVICE, { host: "127.0.0.1", port: await portOf(child), timeoutMs: 10_000 });
    await assert.rejects(client.call(BIN_DATE, undefined), { code: "RPC_SYSTEMERROR" });
    const { code, err } = await end;
    assert.equal(err, "");
    assert.equal(code, 0);
    assert.match(
      await logged(),
      /^-t date_server -p daemon\.err\nWarning: no portmapper answers .*\nBIN_DATE: Error: no date\nend\n$/,
    );
  });

  it("-L without a logger: to standard error", async () => {
    await write({ syslog: true, idleSeconds: 0, transports: ["tcp"] }, true);
    const child = start("ignore");
    const end = everything(child);
    await using client = await connect(SERVICE, { host: "127.0.0.1", port: await portOf(child), timeoutMs: 10_000 });
    await assert.rejects(client.call(BIN_DATE, undefined), { code: "RPC_SYSTEMERROR" });
    const { err } = await end;
    assert.match(err, /^BIN_DATE: Error: no date\n/m);
  });

  it("-L: what ends the server is logged, and ends it with 1", async () => {
    await write({ syslog: true, transports: ["tcp"] });
    const path = join(folder, "date_server.js");
    writeFileSync(path, readFileSync(path, "utf8").replace("server.listen({", 'server.listen({ host: "192.0.2.1",'));
    const { code, err } = await everything(start("ignore"));
    assert.equal(code, 1);
    assert.match(err, /^RpcError: tcp 192\.0\.2\.1:0: can't listen: .*\n$/);
    assert.doesNotMatch(err, /\n {4}at /);
  });
});
