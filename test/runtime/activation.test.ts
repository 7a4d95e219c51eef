import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { linkSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type ActivatedSocket, type BoundAddress, connect, inheritedSockets } from "../../src/runtime/index.ts";
import { ECHO, RUN, SERVICE, connectTo } from "./support.ts";
import { descriptor, udpSocket } from "./descriptors.ts";

const program = fileURLToPath(new URL("activated-server.js", import.meta.url));

/** What activated-server.ts prints. */
interface Report {
  readonly sockets: readonly ActivatedSocket[];
  readonly bound: readonly BoundAddress[];
  readonly again: readonly unknown[];
  readonly child: readonly string[];
  readonly pid: number;
  readonly code?: string;
  readonly message?: string;
}

describe("runtime: sockets that systemd has made", function () {
  let folder: string;
  const children: ChildProcess[] = [];
  const servers: Server[] = [];

  before(function () {
    if (process.platform === "linux") return;
    console.log("      skipped: systemd is Linux's");
    this.skip();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-activation-"));
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    for (const server of servers.splice(0)) server.close();
    rmSync(folder, { recursive: true });
  });

  async function listening(options: { path: string } | { host: string; port: number }): Promise<Server> {
    const server = createServer().listen(options);
    servers.push(server);
    await once(server, "listening");
    return server;
  }

  /** A process with the descriptors from 3 on; its id takes the place of `$$`. */
  async function activate(
    fds: readonly number[],
    variables: Readonly<Record<string, string>>,
    names: readonly string[] = [],
  ): Promise<{ child: ChildProcess; report: Report }> {
    const set = Object.entries(variables).map(([name, value]) => `${name}="${value}"`);
    const script = `exec env ${set.join(" ")} "$0" "$@"`;
    const child = spawn("sh", ["-c", script, process.execPath, program, ...names], {
      stdio: ["pipe", "pipe", "inherit", ...fds],
    });
    return { child, report: await reportOf(child) };
  }

  async function reportOf(child: ChildProcess): Promise<Report> {
    children.push(child);
    assert(child.stdout !== null);
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return JSON.parse(line) as Report;
  }

  async function ends(child: ChildProcess): Promise<void> {
    child.stdin?.end();
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0);
  }

  /** The process answers at each of the addresses. */
  async function answersAt({ bound, pid }: Report): Promise<void> {
    for (const address of bound) {
      await using client = await connect(SERVICE, connectTo(address));
      assert.equal(await client.call(ECHO, 7), 7);
      assert.equal(await client.call(RUN, 0), pid);
    }
  }

  it("tcp, udp and a UNIX socket: calls are answered over each", async () => {
    const path = join(folder, "activated.sock");
    const tcp = await listening({ host: "127.0.0.1", port: 0 });
    const local = await listening({ path });
    const udp = await udpSocket();
    const { port } = tcp.address() as { port: number };
    const { child, report } = await activate([descriptor(tcp), udp.fd, descriptor(local)], {
      LISTEN_PID: "$$",
      LISTEN_FDS: "3",
      LISTEN_FDNAMES: "stream:datagram:",
    });
    const udpPort = udp.socket.address().port;
    udp.socket.close(); // its copy here would take datagrams
    linkSync(path, `${path}.kept`); // Node removes the path of a socket that it closes
    for (const server of servers.splice(0)) await closeCopy(server);
    renameSync(`${path}.kept`, path);
    assert.deepEqual(report.sockets, [
      { name: "stream", fd: 3, netid: "tcp", listening: true },
      { name: "datagram", fd: 4, netid: "udp", listening: true },
      { name: "", fd: 5, netid: "local", listening: true, path },
    ]);
    const at = report.bound.map(({ netid, address, registered }) => [netid, address, registered]);
    assert.deepEqual(at, [
      ["tcp", `127.0.0.1:${port}`, false],
      ["udp", `127.0.0.1:${udpPort}`, false],
      ["local", path, false],
    ]);
    await answersAt(report);
    await ends(child);
  });

  /** Closes our copy of a listening socket, which goes on in the child. */
  async function closeCopy(server: Server): Promise<void> {
    server.close();
    await once(server, "close");
  }

  it("a child of the process has neither the variables nor the sockets, and a second call gives none", async () => {
    const tcp = await listening({ host: "127.0.0.1", port: 0 });
    const { child, report } = await activate([descriptor(tcp)], { LISTEN_PID: "$$", LISTEN_FDS: "1" });
    assert.deepEqual(report.child, ["0", "0"]);
    assert.deepEqual(report.again, []);
    assert.deepEqual(
      report.sockets.map(({ name }) => name),
      [""],
    );
    await ends(child);
  });

  it("those of some names alone, whatever the others are", async () => {
    const tcp = await listening({ host: "127.0.0.1", port: 0 });
    const variables = { LISTEN_PID: "$$", LISTEN_FDS: "2", LISTEN_FDNAMES: "log:rpc" };
    const { child, report } = await activate([1, descriptor(tcp)], variables, ["rpc"]);
    assert.deepEqual(report.sockets, [{ name: "rpc", fd: 4, netid: "tcp", listening: true }]);
    await closeCopy(tcp);
    await answersAt(report);
    await ends(child);
    assert.deepEqual((await activate([1, 1], variables)).report, {
      code: "RPC_CANTLISTEN",
      message: "descriptor 3 (log) of LISTEN_FDS is no socket of tcp, udp or a UNIX stream",
    });
  });

  const claims: readonly (readonly [what: string, env: Record<string, string>, message: string | undefined])[] = [
    ["another process's claim", { LISTEN_PID: "1", LISTEN_FDS: "1" }, undefined],
    ["no descriptors", { LISTEN_PID: "$$", LISTEN_FDS: "0", LISTEN_FDNAMES: "" }, undefined],
    ["a process id that is none", { LISTEN_PID: "x", LISTEN_FDS: "1" }, `LISTEN_PID is "x", not a number up to 2147483647`],
    ["a count that is none", { LISTEN_PID: "$$", LISTEN_FDS: "-1" }, `LISTEN_FDS is "-1", not a number up to 1048576`],
    ["a forged count", { LISTEN_PID: "$$", LISTEN_FDS: "4294967295" }, `LISTEN_FDS is "4294967295", not a number up to 1048576`],
    ["a count without a process", { LISTEN_FDS: "1" }, "LISTEN_PID is missing"],
    ["a process without a count", { LISTEN_PID: "$$" }, "LISTEN_FDS is missing"],
    ["names that don't match", { LISTEN_PID: "$$", LISTEN_FDS: "2", LISTEN_FDNAMES: "a" }, "LISTEN_FDNAMES has 1 names for 2 descriptors"],
    ["a descriptor that is closed", { LISTEN_PID: "$$", LISTEN_FDS: "999" }, "descriptor 3 of LISTEN_FDS is no socket of tcp, udp or a UNIX stream"],
  ]; // prettier-ignore
  for (const [what, env, message] of claims) {
    it(`${what}: ${message ?? "none"}`, async () => {
      const { child, report } = await activate([1], env);
      if (message === undefined) {
        assert.deepEqual(report.sockets, []);
        assert.deepEqual(report.child, ["0", "0"]);
      } else assert.deepEqual(report, { code: "RPC_CANTLISTEN", message });
      await ends(child);
    });
  }

  it("a process that systemd has not started has none", () => {
    assert.equal(process.env.LISTEN_PID, undefined);
    assert.deepEqual(inheritedSockets(), []);
  });
});
