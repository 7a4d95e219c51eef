import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type Server, createServer } from "node:net";
import { hostname, networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "../../src/portmapper/index.ts";
import {
  type BoundAddress,
  type ConnectOptions,
  type ListenOptions,
  RpcServer,
  type ServerOptions,
  connect,
} from "../../src/runtime/index.ts";
import { SHM_OFFER_TIMEOUT_MS } from "../../src/runtime/limits.ts";
import { until } from "./raw-server.ts";
import { ECHO, RUN, RawPeer, SERVICE, testService, words } from "./support.ts";
import { serveShm, skipUnlessShm } from "./shm-support.ts";

describe("runtime: shm: who gets it", () => {
  let folder: string;
  let portmapper: Portmapper;
  let portmap: { path: string };

  before(skipUnlessShm);
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-shm-"));
    portmap = { path: join(folder, "rpcbind.sock") };
    portmapper = new Portmapper({ host: "127.0.0.1", port: 0, socket: portmap.path });
    await portmapper.listen();
  });
  afterEach(async () => {
    await portmapper.close();
    rmSync(folder, { recursive: true });
  });

  async function serve(options: ServerOptions = {}, at: ListenOptions = {}): Promise<[RpcServer, BoundAddress[]]> {
    const server = new RpcServer(options).add(testService());
    return [server, await server.listen({ udp: false, portmap, ...at })];
  }

  /** The transport of a connection that answers. */
  async function became(options: ConnectOptions): Promise<string> {
    await using connection = await connect(SERVICE, { portmap, ...options });
    assert.equal(await connection.call(ECHO, 5), 5);
    return connection.transport;
  }

  it("whoever names this host, by any of its names and addresses", async () => {
    const [server] = await serve();
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const addresses = own.filter(({ scopeid }) => scopeid === undefined || scopeid === 0).map((each) => each.address);
    for (const host of [undefined, "localhost", "127.0.0.1", "127.0.0.2", hostname(), ...addresses])
      assert.equal(await became(host === undefined ? {} : { host }), "shm", host);
    assert.equal(await became({ transport: "shm" }), "shm");
    await until(() => server.connections === 0);
    await server.close();
  });

  it("nobody who says that it is to be another transport, or needs tcp", async () => {
    const [server, bound] = await serve();
    const tcp = bound.find(({ netid }) => netid === "tcp");
    assert.equal(await became({ transport: "local" }), "local");
    assert.equal(await became({ transport: "tcp" }), "tcp");
    assert.equal(await became({ port: tcp?.port ?? 0 }), "tcp");
    if (process.getuid?.() === 0) assert.equal(await became({ reservedPort: true }), "tcp");
    await assert.rejects(became({ tls: "required" }), { code: "RPC_CANTCONNECT", message: /TLS/ });
    await assert.rejects(became({ tls: "required", transport: "shm" }), { code: "RPC_CANTCONNECT", message: /TLS/ });
    await assert.rejects(became({ transport: "shm", host: "192.0.2.1" }), { code: "RPC_UNKNOWNPROTO" });
    await server.close();
  });

  it("no client of a server that offers none: it stays on the socket, and is told why where it insists", async () => {
    const [server] = await serve({ shm: false });
    assert.equal(await became({}), "local");
    await assert.rejects(became({ transport: "shm" }), { code: "RPC_CANTCONNECT", message: /AUTH_REJECTEDCRED/ });
    await server.close();
  });

  it("tcp, where the UNIX socket is dead, or there is none", async () => {
    const [server, bound] = await serve();
    rmSync(bound.find(({ netid }) => netid === "local")?.path ?? "");
    assert.equal(await became({}), "tcp");
    await server.close();
    const [second] = await serve({}, { local: false });
    assert.equal(await became({}), "tcp");
    await assert.rejects(became({ transport: "shm" }), { code: "RPC_PROGNOTREGISTERED" });
    await second.close();
  });

  it("as many as maxConnections, and others stay on the socket", async () => {
    const [server] = await serve({ maxConnections: 1 });
    const first = await connect(SERVICE, { portmap });
    const second = await connect(SERVICE, { portmap });
    assert.deepEqual([first.transport, second.transport], ["shm", "local"]);
    assert.deepEqual([await first.call(ECHO, 1), await second.call(ECHO, 2)], [1, 2]);
    await Promise.all([first.close(), second.close()]);
    await until(() => server.connections === 0);
    assert.equal(await became({}), "shm");
    await server.close();
  });

  it("a connection knows what it is, at both ends, and who the other one is", async () => {
    const seen: unknown[] = [];
    const service = testService((arg, ctx) => {
      seen.push(ctx.transport, ctx.peer.netid, ctx.caller.proven?.pid);
      return arg;
    });
    const { server, path } = await serveShm({}, service);
    await using connection = await connect(SERVICE, { path });
    await connection.call(RUN, 1);
    assert.deepEqual(seen, ["shm", "shm", process.pid]);
    assert.deepEqual([connection.transport, connection.peer?.netid, connection.peer?.path], ["shm", "shm", path]);
    assert.equal(server.stats().answered.AUTH_ANSWERED, 1);
    await server.close();
  });

  it("a server that closes after its first call answers that, not the question", async () => {
    const { server, path } = await serveShm({ idleTimeoutMs: 0 });
    await using connection = await connect(SERVICE, { path });
    assert.equal(connection.transport, "shm");
    assert.equal(await connection.call(ECHO, 8), 8);
    await until(() => !connection.connected);
    await server.close();
  });

  it("connectionIdleTimeoutMs, the client's idleTimeoutMs and drainTimeoutMs are as over other streams", async () => {
    const first = await serveShm({ connectionIdleTimeoutMs: 20, drainTimeoutMs: 60_000 });
    await using resting = await connect(SERVICE, first.to);
    await until(() => !resting.connected);
    assert.equal(await resting.call(ECHO, 1), 1, "it connects again");
    await until(() => !resting.connected);
    await using idle = await connect(SERVICE, { ...first.to, idleTimeoutMs: 20 });
    await idle.call(ECHO, 2);
    await until(() => !idle.connected && first.server.connections === 0);
    const last = await connect(SERVICE, { ...first.to, reconnect: false });
    const closing = first.server.close();
    assert.equal(await last.call(ECHO, 3), 3, "it is served on");
    await last.close();
    await closing;
  });

  describe("of a server that is not up to the question", () => {
    let listener: Server;
    const ways: string[] = [];
    let answer: (peer: RawPeer, asked: Buffer) => void = () => undefined;

    beforeEach(async () => {
      ways.length = 0;
      listener = createServer((socket) => {
        const peer = RawPeer.over(socket);
        void (async (): Promise<void> => {
          for (;;) {
            const asked = await peer.receive();
            const isQuestion = asked.readUInt32BE(24) === 0x7473686d;
            ways.push(isQuestion ? "question" : "call");
            if (isQuestion) answer(peer, asked);
            else peer.send(Buffer.concat([asked.subarray(0, 4), words(1, 0, 0, 0, 0), asked.subarray(-4)]));
          }
        })().catch(() => undefined);
      });
      listener.listen({ path: join(folder, "old.sock") });
      await once(listener, "listening");
    });
    afterEach(async () => {
      listener.close();
      await once(listener, "close");
    });

    for (const [what, does] of [
      ["closes", (peer: RawPeer) => peer.socket.destroy()],
      ["answers another call", (peer: RawPeer) => { peer.send(words(1, 1, 0, 0, 0, 0)); }], // prettier-ignore
      ["answers nonsense", (peer: RawPeer) => { peer.send(Buffer.alloc(3, 0xff)); }], // prettier-ignore
      ["announces too much", (peer: RawPeer) => { peer.socket.write(words(0xffff_ffff)); }], // prettier-ignore
    ] as const)
      it(`${what}: a new connection goes on without it`, async () => {
        answer = does;
        assert.equal(await became({ path: join(folder, "old.sock") }), "local");
        assert.deepEqual(ways, ["question", "call"]);
        await assert.rejects(became({ path: join(folder, "old.sock"), transport: "shm" }), { code: "RPC_CANTCONNECT" });
      });

    it("says nothing within SHM_OFFER_TIMEOUT_MS: a new connection goes on without it", async () => {
      answer = () => undefined;
      const before = performance.now();
      assert.equal(await became({ path: join(folder, "old.sock") }), "local");
      assert(performance.now() - before >= SHM_OFFER_TIMEOUT_MS - 1);
      assert.deepEqual(ways, ["question", "call"]);
    });

    it("answers that it does not know the flavor, as C does: the same connection goes on", async () => {
      // AUTH_REJECTEDCRED: what libtirpc says.
      answer = (peer, asked) => {
        peer.send(Buffer.concat([asked.subarray(0, 4), words(1, 1, 1, 2)]));
      };
      let connections = 0;
      listener.on("connection", () => connections++);
      assert.equal(await became({ path: join(folder, "old.sock") }), "local");
      assert.equal(connections, 1);
    });
  });
});
