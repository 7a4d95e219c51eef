import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, type Server, type Socket, connect as connectSocket, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  type BoundAddress,
  type InheritedSocket,
  RpcError,
  RpcServer,
  inheritedSocket,
} from "../../src/runtime/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { descriptor, udpDescriptor } from "./descriptors.ts";
import { RawPeer, call, hexWords, testService } from "./support.ts";

const program = fileURLToPath(new URL("inherited-server.js", import.meta.url));

describe("runtime: sockets that another process has made", function () {
  let folder: string;
  const children: ChildProcess[] = [];

  before(function () {
    if (process.platform === "linux") return;
    console.log("      skipped: only Linux tells what a descriptor is");
    this.skip();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-inherited-"));
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  interface Child {
    readonly child: ChildProcess;
    readonly inherited: InheritedSocket;
    readonly bound: BoundAddress;
  }

  /** A process with a descriptor of ours for its stdin. */
  async function serve(fd: number, idleTimeoutMs = Infinity): Promise<Child> {
    const args = [program, String(idleTimeoutMs)];
    const child = spawn(process.execPath, args, { stdio: [fd, "pipe", "inherit"] });
    children.push(child);
    assert(child.stdout !== null);
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return { child, ...(JSON.parse(line) as Omit<Child, "child">) };
  }

  async function exits({ child }: Child): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.equal(child.signalCode, null);
    assert.equal(child.exitCode, 0);
  }

  async function listening(where: { path: string } | { host: string; port: number }): Promise<Server> {
    const server = createServer({ pauseOnConnect: true }).listen(where);
    await once(server, "listening");
    return server;
  }

  const inet = { host: "127.0.0.1", port: 0 };

  it("a tcp socket that listens (inetd's wait): answers, byte for byte, and ends after its first call", async () => {
    const server = await listening(inet);
    const { port } = server.address() as AddressInfo;
    const child = await serve(descriptor(server), 0);
    server.close(); // a copy: the child's listens on
    assert.deepEqual(child.inherited, { fd: 0, netid: "tcp", listening: true });
    assert.deepEqual(child.bound, {
      netid: "tcp",
      host: "127.0.0.1",
      port,
      path: "",
      address: `127.0.0.1:${port}`,
      uaddr: `127.0.0.1.${port >> 8}.${port & 0xff}`,
      registered: false,
    });
    const peer = await RawPeer.connect(child.bound);
    assert.equal(await peer.ask(call(7, 1, 41)), "00000007 00000001 00000000 00000000 00000000 00000000 00000029");
    peer.socket.destroy();
    await exits(child);
  });

  it("a tcp connection (nowait): answers on it, and the process ends with it", async () => {
    const server = await listening(inet);
    const { port } = server.address() as AddressInfo;
    const socket = connectSocket(port, "127.0.0.1");
    const [accepted] = (await once(server, "connection")) as [Socket];
    const child = await serve(descriptor(accepted));
    accepted.destroy();
    server.close();
    assert.deepEqual(child.inherited, { fd: 0, netid: "tcp", listening: false });
    assert.equal(child.bound.port, port);
    const peer = RawPeer.over(socket);
    assert.equal(await peer.ask(call(8, 1, 5)), "00000008 00000001 00000000 00000000 00000000 00000000 00000005");
    socket.end();
    await exits(child);
  });

  it("UNIX sockets, one that listens and a connection", async () => {
    const path = join(folder, "a socket"); // the kernel's table separates by spaces
    const server = await listening({ path });
    const socket = connectSocket(path);
    const [accepted] = (await once(server, "connection")) as [Socket];
    const connection = await serve(descriptor(accepted));
    accepted.destroy();
    assert.deepEqual(connection.inherited, { fd: 0, netid: "local", listening: false, path });
    const peer = RawPeer.over(socket);
    assert.equal(await peer.ask(call(9, 1, 6)), "00000009 00000001 00000000 00000000 00000000 00000000 00000006");
    socket.end();
    await exits(connection);

    const listener = await serve(descriptor(server), 0);
    assert.deepEqual(listener.inherited, { fd: 0, netid: "local", listening: true, path });
    assert.equal(listener.bound.address, path);
    const waiting = connectSocket(path);
    // Whoever of the two takes it.
    server.on("connection", (mine: Socket) => mine.destroy());
    await once(waiting, "connect");
    waiting.destroy();
    server.close();
  });

  it("a udp socket, which the native addon moves away from descriptor 0", async function () {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    const fd = udpDescriptor(port);
    assert.deepEqual(inheritedSocket(fd), { fd, netid: "udp", listening: true });
    const reason = whyNoAddon();
    if (reason !== undefined) {
      socket.close();
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    const child = await serve(fd, 0);
    assert.deepEqual(child.inherited, { fd: 0, netid: "udp", listening: true });
    assert.equal(child.bound.port, port);
    // The parent's copy would take datagrams, too.
    socket.close();
    const client = createSocket("udp4");
    client.send(call(10, 1, 3), port, "127.0.0.1");
    const [reply] = (await once(client, "message")) as [Buffer];
    assert.equal(hexWords(reply), "0000000a 00000001 00000000 00000000 00000000 00000000 00000003");
    client.close();
    await exits(child);
  });

  it("IPv6 sockets are tcp6 and udp6", async function () {
    const loopback = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
    if (!loopback) {
      console.log("      skipped: there is no ::1 here");
      this.skip();
    }
    const server = await listening({ host: "::1", port: 0 });
    const fd = descriptor(server);
    assert.deepEqual(inheritedSocket(fd), { fd, netid: "tcp6", listening: true });
    server.close();
    const socket = createSocket("udp6").bind(0, "::1");
    await once(socket, "listening");
    const udp = udpDescriptor(socket.address().port);
    assert.deepEqual(inheritedSocket(udp), { fd: udp, netid: "udp6", listening: true });
    socket.close();
  });

  it("a pipe, a file, a parent's unnamed socket and a closed descriptor are none of inetd's", async () => {
    for (const stdin of ["pipe", "ignore"] as const) {
      const child = spawn(process.execPath, [program], { stdio: [stdin, "pipe", "inherit"] });
      assert(child.stdout !== null);
      const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
      assert.equal(line, "none");
      child.stdin?.end();
      await once(child, "exit");
    }
    assert.equal(inheritedSocket(9999), undefined);
    assert.equal(inheritedSocket(-1), undefined);
  });

  it("what can't be served rejects with RPC_CANTLISTEN and says why", async () => {
    await using server = new RpcServer().add(testService());
    const cases: readonly (readonly [InheritedSocket, RegExp])[] = [
      [{ fd: 9999, netid: "tcp", listening: true }, /can't listen: /],
      [{ fd: 9999, netid: "tcp", listening: false }, /can't serve descriptor 9999 as tcp: /],
      [{ fd: 9999, netid: "udp", listening: true }, /can't serve descriptor 9999 as udp: /],
    ];
    for (const [socket, message] of cases) {
      await assert.rejects(server.listenOn(socket), (error: unknown) => {
        assert(error instanceof RpcError);
        assert.equal(error.code, "RPC_CANTLISTEN");
        assert.match(error.message, message);
        return true;
      });
    }
    assert.equal(server.connections, 0);
    await server.close();
    await assert.rejects(server.listenOn({ fd: 0, netid: "tcp", listening: true }), { code: "RPC_CLOSED" });
  });
});
