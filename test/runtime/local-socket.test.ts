import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type BoundAddress, RpcServer, connect } from "../../src/runtime/index.ts";
import { ECHO, SERVICE, testService } from "./support.ts";

describe("runtime: the sockets of local services", () => {
  let folder: string;
  const before = process.env.XDG_RUNTIME_DIR;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-local-"));
    process.env.XDG_RUNTIME_DIR = folder;
  });

  afterEach(() => {
    if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = before;
    rmSync(folder, { recursive: true });
  });

  async function listen(local: true | { path?: string; mode?: number } = true): Promise<[RpcServer, BoundAddress]> {
    const server = new RpcServer().add(testService());
    const [bound] = await server.listen({ tcp: false, udp: false, local, portmap: "off" });
    assert(bound !== undefined);
    return [server, bound];
  }

  const mode = (path: string): number => statSync(path).mode & 0o777;

  /** A path at which a process listened that was killed. */
  async function deadSocket(path: string): Promise<void> {
    const script = 'require("net").createServer().listen(process.argv[1], () => console.log("up"))';
    const child = spawn(process.execPath, ["-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(createInterface({ input: child.stdout }), "line");
    child.kill("SIGKILL");
    await once(child, "exit");
    assert(existsSync(path));
  }

  it("lie in the user's runtime folder, are the user's alone, and are gone with the server", async () => {
    const [server, { path }] = await listen();
    assert.match(path, new RegExp(`^${folder}/tsrpcgen/0x20000042-${process.pid}-\\d+\\.sock$`));
    assert.equal(mode(path), 0o600);
    assert.equal(mode(join(folder, "tsrpcgen")), 0o755);
    const [second, other] = await listen();
    assert.notEqual(other.path, path);
    await Promise.all([server.close(), second.close()]);
    assert.deepEqual(readdirSync(join(folder, "tsrpcgen")), []);
  });

  it("take the path and the mode that they are given", async () => {
    const path = join(folder, "mine.sock");
    const [server, bound] = await listen({ path, mode: 0o666 });
    assert.equal(bound.path, path);
    assert.equal(mode(path), 0o666);
    await using client = await connect(SERVICE, { path });
    assert.equal(await client.call(ECHO, 3), 3);
    await server.close();
    assert(!existsSync(path));
  });

  it("of dead servers are reclaimed: the one at the path, and those in the folder", async () => {
    const path = join(folder, "mine.sock");
    await deadSocket(path);
    const [server] = await listen({ path });
    await using client = await connect(SERVICE, { path });
    assert.equal(await client.call(ECHO, 3), 3);
    await server.close();

    mkdirSync(join(folder, "tsrpcgen"));
    const left = join(folder, "tsrpcgen", "0x1-4194304999-1.sock"); // beyond any process's number
    await deadSocket(left);
    const [next] = await listen();
    assert(!existsSync(left));
    await next.close();
  });

  it("of live servers are left alone, and so is what is no socket, and a path that is too long", async () => {
    const path = join(folder, "taken.sock");
    const live = createServer().listen(path);
    await once(live, "listening");
    const server = new RpcServer().add(testService());
    const at = (to: string): Promise<unknown> =>
      server.listen({ tcp: false, udp: false, local: { path: to }, portmap: "off" });
    await assert.rejects(at(path), { code: "RPC_CANTLISTEN", message: /a server listens there already/ });
    live.close();
    writeFileSync(join(folder, "file"), "mine");
    await assert.rejects(at(join(folder, "file")), { code: "RPC_CANTLISTEN", message: /not a socket/ });
    assert(existsSync(join(folder, "file")));
    const long = join(folder, "x".repeat(107));
    await assert.rejects(at(long), { code: "RPC_CANTLISTEN", message: /longer than a socket's can be, 107 bytes/ });
    await server.close();
  });

  it("do not lie in a folder into which others may write", async () => {
    mkdirSync(join(folder, "tsrpcgen"));
    chmodSync(join(folder, "tsrpcgen"), 0o777);
    const [server] = await listen();
    assert.equal(mode(join(folder, "tsrpcgen")), 0o755);
    await server.close();
    rmSync(join(folder, "tsrpcgen"), { recursive: true });
    writeFileSync(join(folder, "tsrpcgen"), "");
    const other = new RpcServer().add(testService());
    await assert.rejects(other.listen({ tcp: false, udp: false, portmap: "off" }));
    await other.close();
  });
});
