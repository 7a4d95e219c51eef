import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RpcError, RpcServer, connect } from "../../src/runtime/index.ts";
import { DEFAULT_SOCKET_MODE, MAX_SOCKET_PATH_BYTES } from "../../src/runtime/limits.ts";
import { ECHO, PROGRAM, SERVICE, connectTo, serve, testService } from "./support.ts";

function cantListen(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof RpcError, String(error));
    assert.equal(error.code, "RPC_CANTLISTEN");
    assert.match(error.message, message);
    return true;
  };
}

describe("runtime: the sockets of local services", () => {
  const restore = process.env.XDG_RUNTIME_DIR;
  let folder = "";
  let children: ChildProcess[] = [];
  let servers: RpcServer[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-local-"));
    process.env.XDG_RUNTIME_DIR = folder;
  });

  afterEach(async () => {
    if (restore === undefined) delete process.env.XDG_RUNTIME_DIR;
    else process.env.XDG_RUNTIME_DIR = restore;
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(servers.map((server) => server.close()));
    children = [];
    servers = [];
    rmSync(folder, { recursive: true, force: true });
  });

  async function listen(local: true | { path?: string; mode?: number }): Promise<string> {
    const server = new RpcServer().add(testService());
    servers.push(server);
    const [bound] = await server.listen({ tcp: false, udp: false, local, portmap: "off" });
    assert(bound);
    return bound.path;
  }

  /** Runs a server in a process of its own, and kills it: its socket stays. Gives the process's id. */
  async function leaveBehind(path: string, name = path): Promise<number> {
    const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    assert(existsSync(name));
    return child.pid ?? 0;
  }

  it("lie in XDG_RUNTIME_DIR by default, are this user's alone, and go with the server", async () => {
    const path = await listen(true);
    assert.match(
      path.slice(folder.length),
      new RegExp(`^/tsrpcgen/0x${PROGRAM.toString(16)}-${process.pid}-\\d+\\.sock$`),
    );
    assert.equal(statSync(path).mode & 0o777, DEFAULT_SOCKET_MODE);
    assert.equal(statSync(join(folder, "tsrpcgen")).mode & 0o777, 0o755);
    const other = await listen(true);
    assert.notEqual(other, path);
    await using client = await connect(SERVICE, { path });
    assert.equal(await client.call(ECHO, 1), 1);
    await Promise.all(servers.map((server) => server.close()));
    assert.deepEqual(readdirSync(join(folder, "tsrpcgen")), []);
  });

  it("have the mode that is asked for", async () => {
    const path = join(folder, "open.sock");
    assert.equal(await listen({ path, mode: 0o666 }), path);
    assert.equal(statSync(path).mode & 0o777, 0o666);
    await assert.rejects(listen({ path: join(folder, "bad.sock"), mode: -1 }), cantListen(/mode/));
    assert(!existsSync(join(folder, "bad.sock")));
  });

  it("of a dead process are taken over", async () => {
    const path = join(folder, "stale.sock");
    await leaveBehind(path);
    assert.equal(await listen({ path }), path);
    await using client = await connect(SERVICE, { path });
    assert.equal(await client.call(ECHO, 2), 2);
  });

  it("of dead processes are removed from the folder by the next server", async () => {
    const [own] = [await listen(true)];
    const dir = join(folder, "tsrpcgen");
    // The child does not know its number before it runs: bind under another name, then give it the right one.
    const pid = await leaveBehind(join(dir, "unnamed"));
    const stale = join(dir, `0x1-${pid}-1.sock`);
    symlinkSync("unnamed", stale);
    await listen(true);
    assert(!existsSync(stale));
    assert(existsSync(own));
    assert(existsSync(join(dir, "unnamed"))); // not a name of ours
  });

  it("of a live server are left to it", async () => {
    const { server, bound } = await serve("local");
    servers.push(server);
    await assert.rejects(listen({ path: bound.path }), cantListen(/a server listens there already/));
    await using client = await connect(SERVICE, connectTo(bound));
    assert.equal(await client.call(ECHO, 3), 3);
  });

  it("take the place of nothing that is not a socket", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "text");
    await assert.rejects(listen({ path: file }), cantListen(/not a socket/));
    assert.equal(readFileSync(file, "utf8"), "text");
    await assert.rejects(listen({ path: folder }), cantListen(/not a socket/));
  });

  it("need a path that the kernel takes, in a folder that is there", async () => {
    const name = (bytes: number): string => join(folder, "x".repeat(bytes - folder.length - 1));
    const longest = name(MAX_SOCKET_PATH_BYTES);
    assert.equal(await listen({ path: longest }), longest);
    assert.equal(Buffer.byteLength(longest), MAX_SOCKET_PATH_BYTES);
    await assert.rejects(
      listen({ path: name(MAX_SOCKET_PATH_BYTES + 1) }),
      cantListen(/longer than a socket's can be/),
    );
    await assert.rejects(listen({ path: join(folder, "missing/x.sock") }), cantListen(/can't listen/));
    await assert.rejects(listen({ path: "" }), cantListen(/./));
  });

  it("need a folder that is this user's, whom alone it lets write", async () => {
    const dir = join(folder, "tsrpcgen");
    mkdirSync(dir);
    chmodSync(dir, 0o777);
    await listen(true);
    assert.equal(statSync(dir).mode & 0o777, 0o755);
    await Promise.all(servers.map((server) => server.close()));
    rmSync(dir, { recursive: true });
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), dir);
    await assert.rejects(listen(true), cantListen(/not a folder of this user's/));
    rmSync(dir);
    writeFileSync(dir, "");
    await assert.rejects(listen(true), cantListen(/./));
  });
});
