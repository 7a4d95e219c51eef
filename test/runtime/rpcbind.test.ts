import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "../../src/portmapper/index.ts";
import {
  type ConnectOptions,
  type ListenOptions,
  type Portmap,
  RpcServer,
  connect,
  method,
  parseUaddr,
  rpcService,
} from "../../src/runtime/index.ts";
import { PmapProgV2 } from "../../src/runtime/rpcbind/gen/pmap_prot.ts";
import { whyNoAddon } from "../native/addon.ts";
import { ECHO, PROGRAM, SERVICE, VERSION, testService, words } from "./support.ts";

const HOST = "127.0.0.1";

const hasShm = process.platform === "linux" && whyNoAddon() === undefined;

describe("runtime: finding services through a portmapper", () => {
  let portmapper: Portmapper;
  let port: number;
  let folder: string;
  let socket: string;
  const before = process.env.TSRPC_PORTMAP;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-rpcbind-"));
    socket = join(folder, "rpcbind.sock");
    portmapper = new Portmapper({ host: HOST, port: 0, socket });
    const bound = await portmapper.listen();
    port = parseUaddr(bound.find(({ netid }) => netid === "tcp")?.address ?? "")?.port ?? 0;
    process.env.TSRPC_PORTMAP = `${HOST}:${port}`;
  });

  afterEach(async () => {
    if (before === undefined) delete process.env.TSRPC_PORTMAP;
    else process.env.TSRPC_PORTMAP = before;
    await portmapper.close();
    rmSync(folder, { recursive: true });
  });

  async function serve(options: ListenOptions = {}): Promise<RpcServer> {
    const server = new RpcServer().add(testService());
    const bound = await server.listen({ host: HOST, ...options });
    assert(bound.every(({ registered }) => registered));
    return server;
  }

  async function echo(to: string | ConnectOptions): Promise<string> {
    await using client = await connect(SERVICE, to);
    assert.equal(await client.call(ECHO, 5), 5);
    return client.transport;
  }

  it("a connection that was lost is made again where the portmapper finds its restarted server", async () => {
    const first = await serve({ udp: false, local: false });
    await using client = await connect(SERVICE, HOST);
    assert.equal(await client.call(ECHO, 1), 1);
    const before = client.peer?.port;
    await first.close();
    const second = await serve({ udp: false, local: false });
    while (client.connected) await new Promise(setImmediate);
    assert.equal(await client.call(ECHO, 2), 2);
    assert.notEqual(client.peer?.port, before);
    assert.equal(client.stats().reconnects, 1);
    await second.close();
  });

  const entries = (): string[] =>
    portmapper.registry
      .registrations()
      .filter(({ program }) => program === PROGRAM)
      .map(({ netid, version }) => `${netid} ${version}`);

  it("a server is in it while it listens, and found over each transport", async () => {
    const server = await serve();
    assert.deepEqual(entries().sort(), [`local ${VERSION}`, `tcp ${VERSION}`, `udp ${VERSION}`]);
    assert.equal(await echo("localhost"), hasShm ? "shm" : "local");
    for (const transport of ["tcp", "udp", "local"] as const) assert.equal(await echo({ transport }), transport);
    await server.close();
    assert.deepEqual(entries(), []);
    for (const transport of ["tcp", "udp", "local"] as const) {
      await assert.rejects(echo({ transport }), { code: "RPC_PROGNOTREGISTERED" });
    }
  });

  it("is where TSRPC_PORTMAP says, a host and port or a path, or where the option says", async () => {
    const server = await serve();
    const everywhere = async (portmap?: Portmap): Promise<void> => {
      for (const transport of ["tcp", "udp", "local"] as const) {
        assert.equal(await echo({ transport, ...(portmap === undefined ? {} : { portmap }) }), transport);
      }
    };
    process.env.TSRPC_PORTMAP = socket;
    await everywhere();
    process.env.TSRPC_PORTMAP = "nonsense";
    await assert.rejects(echo("localhost"), { code: "RPC_RPCBFAILURE", message: /neither host:port nor a path/ });
    delete process.env.TSRPC_PORTMAP;
    await everywhere({ port });
    await everywhere({ host: "localhost", port });
    await everywhere({ path: socket });
    await server.close(); // it remembers where it registered
    assert.deepEqual(entries(), []);
  });

  it("an address in TSRPC_PORTMAP is not asked about other hosts", async () => {
    // Port 111 of that host is asked, and nothing answers there: TEST-NET-1 has no hosts.
    await assert.rejects(echo({ host: "192.0.2.1", timeoutMs: 50 }), {
      code: "RPC_RPCBFAILURE",
      message: /192\.0\.2\.1:111/,
    });
  });

  it("where there is none: auto goes on without and warns, required fails, off does not ask", async () => {
    await portmapper.close();
    const server = new RpcServer().add(testService());
    const warned = once(process, "warning") as Promise<[{ code?: string }]>;
    const bound = await server.listen({ host: HOST });
    assert((await warned)[0].code === "TSRPC_NO_PORTMAPPER");
    assert(bound.every(({ registered }) => !registered));
    await assert.rejects(server.listen({ host: HOST, portmap: "required" }), { code: "RPC_RPCBFAILURE" });
    await assert.rejects(server.listen({ host: HOST, portmap: { port } }), { code: "RPC_RPCBFAILURE" });
    await server.listen({ host: HOST, portmap: "off" });
    await assert.rejects(echo("localhost"), { code: "RPC_RPCBFAILURE" });
    await server.close();
  });

  it("a live server keeps its entry, unless replace is set; what was replaced is not taken back", async () => {
    const first = await serve();
    const second = new RpcServer().add(testService());
    await assert.rejects(second.listen({ host: HOST }), { code: "RPC_PROGALREADYREGISTERED" });
    assert.equal(second.connections, 0);
    assert.equal(entries().length, 3);
    await second.listen({ host: HOST, replace: true });
    const now = portmapper.registry.registrations();
    await first.close();
    assert.deepEqual(portmapper.registry.registrations(), now);
    await second.close();
    assert.deepEqual(entries(), []);
  });

  it("a dead server's entry is replaced", async () => {
    const gone = createServer().listen(0, HOST);
    await once(gone, "listening");
    const dead = (gone.address() as AddressInfo).port;
    gone.close();
    await once(gone, "close");
    const entry = { program: PROGRAM, version: VERSION, owner: "unknown" };
    portmapper.registry.set({ ...entry, netid: "tcp", address: `${HOST}.${dead >> 8}.${dead & 255}` });
    portmapper.registry.set({ ...entry, netid: "local", address: join(folder, "gone.sock") });
    const server = await serve();
    assert.equal(await echo({ transport: "tcp" }), "tcp");
    assert.equal(await echo({ transport: "local" }), "local");
    await server.close();
  });

  it("an owner that takes the call and is silent counts as alive", async () => {
    const silent = createServer().listen(0, HOST);
    const sockets: Socket[] = [];
    silent.on("connection", (each) => sockets.push(each));
    await once(silent, "listening");
    const { port: at } = silent.address() as AddressInfo;
    const address = `${HOST}.${at >> 8}.${at & 255}`;
    portmapper.registry.set({ program: PROGRAM, version: VERSION, owner: "unknown", netid: "tcp", address });
    const server = new RpcServer().add(testService());
    await assert.rejects(server.listen({ host: HOST, udp: false, local: false }), {
      code: "RPC_PROGALREADYREGISTERED",
    });
    for (const each of sockets) each.destroy();
    silent.close();
    await server.close();
  });

  it("a portmapper that is silent is a failure in the end, and not a server that hangs", async () => {
    const silent = createServer().listen(0, HOST);
    const sockets: Socket[] = [];
    silent.on("connection", (each) => sockets.push(each));
    await once(silent, "listening");
    const portmap = { port: (silent.address() as AddressInfo).port };
    await using server = new RpcServer().add(testService());
    await assert.rejects(server.listen({ host: HOST, portmap }), { code: "RPC_RPCBFAILURE" });
    for (const each of sockets) each.destroy();
    silent.close();
  });

  it("a portmapper of version 2 alone, as instruments have it, is asked in its own way", async () => {
    const server = await serve({ local: false });
    const versions = new RpcServer().add(
      rpcService("PMAP_PROG", 100000, 2, [
        method(
          PmapProgV2.pmapprocGetport,
          (prog: number, prot: number) => {
            const netid = prot === 6 ? "tcp" : "udp";
            const entry = portmapper.registry
              .registrations()
              .find((each) => each.program === prog && each.netid === netid);
            return parseUaddr(entry?.address ?? "")?.port ?? 0;
          },
          (handler, { prog, prot }) => handler(prog, prot),
        ),
      ]),
    );
    const bound = await versions.listen({ host: HOST, local: false, portmap: "off" });
    for (const { netid, port: old } of bound) {
      assert.equal(await echo({ host: HOST, transport: netid, portmap: { port: old } }), netid);
      const absent = connect({ program: 7, version: 1 }, { host: HOST, transport: netid, portmap: { port: old } });
      await assert.rejects(absent, { code: "RPC_PROGNOTREGISTERED" });
    }
    await versions.close();
    await server.close();
  });

  it("over udp the question is asked again when the first one is lost", async () => {
    const server = await serve({ tcp: false, local: false });
    const at = portmapper.registry.registrations().find(({ program }) => program === PROGRAM)?.address ?? "";
    const lossy = createSocket("udp4");
    let asked = 0;
    lossy.on("message", (question, from) => {
      if (++asked === 1) return;
      const text = Buffer.from(at.padEnd(at.length + (-at.length & 3), "\0"));
      const answer = Buffer.concat([question.subarray(0, 4), words(1, 0, 0, 0, 0, at.length), text]);
      lossy.send(answer, from.port, from.address);
    });
    lossy.bind(0, HOST);
    await once(lossy, "listening");
    assert.equal(await echo({ host: HOST, transport: "udp", portmap: { port: lossy.address().port } }), "udp");
    assert.equal(asked, 2);
    lossy.close();
    await server.close();
  });
});
