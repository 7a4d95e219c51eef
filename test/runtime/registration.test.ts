import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "../../src/portmapper/index.ts";
import {
  type BoundAddress,
  type ConnectOptions,
  type ListenOptions,
  RpcError,
  type RpcErrorCode,
  RpcServer,
  type RpcService,
  connect,
  method,
  parseUaddr,
  rpcService,
} from "../../src/runtime/index.ts";
import { isThisHost } from "../../src/runtime/host.ts";
import { PmapProgV2 } from "../../src/runtime/rpcbind/gen/pmap_prot.ts";
import { RpcbprogV3 } from "../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { RPCBIND_SOCKET, parsePortmap, portmapWays } from "../../src/runtime/rpcbind/portmap.ts";
import { ECHO, PROGRAM, SERVICE, VERSION, testService } from "./support.ts";

function code(expected: RpcErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof RpcError, String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };
}

/** Whether the loopback of this host has IPv6. */
async function hasIpv6(): Promise<boolean> {
  const server = createServer().listen(0, "::1");
  try {
    await once(server, "listening");
    server.close();
    return true;
  } catch {
    return false;
  }
}

/** Portmappers by hand: what a test adds is what they answer. */
async function portmapperOf(...services: RpcService[]): Promise<{ server: RpcServer; port: number }> {
  const server = new RpcServer();
  for (const service of services) server.add(service);
  const [tcp] = await server.listen({ host: "127.0.0.1", udp: false, local: false, portmap: "off" });
  assert(tcp);
  await server.listen({ host: "127.0.0.1", port: tcp.port, tcp: false, local: false, portmap: "off" });
  return { server, port: tcp.port };
}

describe("runtime: registration and lookup", () => {
  let folder = "";
  let socket = "";
  let port = 0;
  let portmapper: Portmapper;
  let closing: (() => Promise<unknown>)[] = [];
  const environment = { ...process.env };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-rpcbind-"));
    socket = join(folder, "rpcbind.sock");
    process.env.XDG_RUNTIME_DIR = folder;
    delete process.env.TSRPC_PORTMAP;
    portmapper = new Portmapper({ host: "127.0.0.1", port: 0, socket });
    const bound = await portmapper.listen();
    port = parseUaddr(bound.find(({ netid }) => netid === "tcp")?.address ?? "")?.port ?? 0;
  });

  afterEach(async () => {
    for (const name of ["XDG_RUNTIME_DIR", "TSRPC_PORTMAP"]) {
      if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = environment[name];
    }
    for (const close of closing.splice(0).reverse()) await close();
    closing = [];
    await portmapper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function listen(
    options: ListenOptions = {},
    offset = 0,
  ): Promise<{ server: RpcServer; bound: BoundAddress[] }> {
    const server = new RpcServer();
    server.add(testService((arg) => arg + offset));
    closing.push(() => server.close());
    return { server, bound: await server.listen({ host: "127.0.0.1", ...options }) };
  }

  async function answers(to: ConnectOptions): Promise<string> {
    await using client = await connect(SERVICE, { host: "127.0.0.1", timeoutMs: 5000, ...to });
    assert.equal(await client.call({ ...ECHO, number: 4, name: "RUN" }, 5).then((got) => got >= 5), true);
    return client.peer?.uaddr ?? "";
  }

  /** The test service's entries. */
  function entries(of = portmapper): string[] {
    return of.registry
      .registrations()
      .filter(({ program }) => program === PROGRAM)
      .map(({ version, netid, address }) => `${version} ${netid} ${address}`);
  }

  const wayOf = {
    "TSRPC_PORTMAP=host:port": () => {
      process.env.TSRPC_PORTMAP = `127.0.0.1:${port}`;
      return {};
    },
    "TSRPC_PORTMAP=path": () => {
      process.env.TSRPC_PORTMAP = socket;
      return {};
    },
    "portmap: { port }": () => ({ portmap: { port } }),
    "portmap: { host, port }": () => ({ portmap: { host: "127.0.0.1", port } }),
    "portmap: { path }": () => ({ portmap: { path: socket } }),
    'portmap: "required"': () => {
      process.env.TSRPC_PORTMAP = `localhost:${port}`;
      return { portmap: "required" as const };
    },
  };
  for (const [name, way] of Object.entries(wayOf)) {
    it(`by ${name}: each transport registers, is found, and is taken back`, async () => {
      const options = way();
      const { server, bound } = await listen(options);
      assert.deepEqual(
        bound.map(({ netid, registered }) => [netid, registered]),
        [
          ["tcp", true],
          ["udp", true],
          ["local", true],
        ],
      );
      assert.deepEqual(
        entries(),
        bound.map(({ netid, uaddr }) => `${VERSION} ${netid} ${uaddr}`),
      );
      for (const { netid, uaddr } of bound) assert.equal(await answers({ ...options, transport: netid }), uaddr);
      await server.close();
      assert.deepEqual(entries(), []);
      await assert.rejects(answers(options), code("RPC_PROGNOTREGISTERED"));
    });
  }

  it("what is bound to all addresses is called at the host that was asked for", async () => {
    const { bound } = await listen({ host: "0.0.0.0", portmap: { port } });
    assert.equal(bound[0]?.host, "0.0.0.0");
    const over = { transport: "tcp", portmap: { port } } as const;
    assert.equal(await answers(over), `127.0.0.1${bound[0].uaddr.slice("0.0.0.0".length)}`);
    assert.match(await answers({ host: "localhost", ...over }), /^127\.0\.0\.1\./);
  });

  it("a version that is not there is found by another's address, and answers which there are", async () => {
    await listen({ portmap: { port } });
    for (const transport of ["tcp", "udp", "local"] as const) {
      await using client = await connect({ program: PROGRAM, version: 9 }, { transport, portmap: { port } });
      await assert.rejects(client.call({ ...ECHO, version: 9 }, 1), code("RPC_PROGVERSMISMATCH"));
    }
  });

  it("IPv6 is registered and found through a portmapper that has IPv4 alone", async function () {
    if (!(await hasIpv6())) this.skip();
    const options = { tcp: false, udp: false, local: false, tcp6: { host: "::1" }, udp6: { host: "::1" } };
    await listen({ ...options, portmap: { host: "127.0.0.1", port } });
    for (const transport of ["tcp6", "udp6"] as const) {
      const way = { portmap: { host: "127.0.0.1", port }, host: "::1", transport };
      assert.match(await answers(way), /^::1\./);
    }
  });

  it('"off" asks nobody; "auto" without a portmapper warns and goes on; "required" fails', async () => {
    process.env.TSRPC_PORTMAP = `127.0.0.1:${port}`;
    const off = await listen({ portmap: "off" });
    assert(off.bound.every(({ registered }) => !registered));
    assert.deepEqual(entries(), []);

    await portmapper.close();
    const warned = once(process, "warning") as Promise<[Error & { code?: string }]>;
    const auto = await listen({ udp: false, local: false });
    assert.deepEqual(
      auto.bound.map(({ registered }) => registered),
      [false],
    );
    assert.equal((await warned)[0].code, "TSRPC_NO_PORTMAPPER");
    assert.match(await answers({ port: auto.bound[0]?.port ?? 0 }), /^127\.0\.0\.1\./);

    const required = new RpcServer().add(testService());
    closing.push(() => required.close());
    const here = { host: "127.0.0.1", local: false } as const;
    for (const portmap of ["required", { port }, { path: socket }] as const) {
      await assert.rejects(required.listen({ ...here, portmap }), code("RPC_RPCBFAILURE"));
      assert.equal(required.connections, 0);
    }
    await assert.rejects(answers({ portmap: { port } }), code("RPC_RPCBFAILURE"));
    await assert.rejects(answers({ portmap: { path: socket } }), code("RPC_RPCBFAILURE"));
    await assert.rejects(answers({ transport: "local" }), code("RPC_RPCBFAILURE"));
  });

  it("a live server's entries stay, unless `replace` is set; then each takes back only its own", async () => {
    const first = await listen({ portmap: { port } });
    const before = entries();
    await assert.rejects(listen({ portmap: { port } }, 1), code("RPC_PROGALREADYREGISTERED"));
    assert.deepEqual(entries(), before);
    const second = await listen({ portmap: { port }, replace: true }, 1);
    const after = entries();
    assert.deepEqual(
      after,
      second.bound.map(({ netid, uaddr }) => `${VERSION} ${netid} ${uaddr}`),
    );
    await first.server.close();
    assert.deepEqual(entries(), after);
    for (const { netid, uaddr } of second.bound) {
      assert.equal(await answers({ portmap: { port }, transport: netid }), uaddr);
    }
    await second.server.close();
    assert.deepEqual(entries(), []);
  });

  it("what was registered is taken back where a later entry can't be", async () => {
    // Another live server has the program on udp alone.
    const other = await listen({ tcp: false, local: false, portmap: { port } });
    await assert.rejects(listen({ portmap: { port } }), code("RPC_PROGALREADYREGISTERED"));
    assert.deepEqual(entries(), [`${VERSION} udp ${other.bound[0]?.uaddr ?? ""}`]);
  });

  it("a dead server's entries are replaced", async () => {
    const { server, bound } = await listen({ portmap: "off" });
    await server.close();
    for (const { netid, uaddr } of bound) {
      portmapper.registry.set({ program: PROGRAM, version: VERSION, netid, address: uaddr, owner: "unknown" });
    }
    const next = await listen({ portmap: { port } });
    assert.deepEqual(
      entries(),
      next.bound.map(({ netid, uaddr }) => `${VERSION} ${netid} ${uaddr}`),
    );
  });

  it("an entry whose port another program has by now is replaced", async () => {
    const other = new RpcServer();
    closing.push(() => other.close());
    const [bound] = await other.listen({ host: "127.0.0.1", udp: false, local: false, portmap: "off" });
    assert(bound);
    portmapper.registry.set({
      program: PROGRAM,
      version: VERSION,
      netid: "tcp",
      address: bound.uaddr,
      owner: "unknown",
    });
    const next = await listen({ udp: false, local: false, portmap: { port } });
    assert.deepEqual(entries(), [`${VERSION} tcp ${next.bound[0]?.uaddr ?? ""}`]);
  });

  it("a server outlives its portmapper, and closes without it", async () => {
    const { server, bound } = await listen({ portmap: { port } });
    await portmapper.close();
    assert.equal(await answers({ port: bound[0]?.port ?? 0 }), bound[0]?.uaddr);
    await server.close();
  });

  it("a portmapper of version 2 alone: tcp and udp are registered and found, local is served without", async () => {
    const old = new Map<string, { prog: number; vers: number; prot: number; port: number }>();
    const key = (of: { prog: number; vers: number; prot: number }): string => `${of.prog} ${of.vers} ${of.prot}`;
    const stale = { prog: PROGRAM, vers: VERSION, prot: 17, port: 9 };
    old.set(key(stale), stale);
    const v2 = await portmapperOf(
      rpcService("PMAP_PROG", 100_000, 2, [
        method(PmapProgV2.pmapprocSet, old, (map, arg) => {
          const found = map.get(key(arg));
          if (found === undefined) map.set(key(arg), arg);
          return found === undefined || found.port === arg.port;
        }),
        // As RFC 1833 says, of both protocols.
        method(PmapProgV2.pmapprocUnset, old, (map, arg) =>
          [6, 17].map((prot) => map.delete(key({ ...arg, prot }))).includes(true),
        ),
        method(PmapProgV2.pmapprocGetport, old, (map, arg) => map.get(key(arg))?.port ?? 0),
        method(PmapProgV2.pmapprocDump, old, (map) => {
          let list: ReturnType<typeof PmapProgV2.pmapprocDump.result.decode> = null;
          for (const each of map.values()) list = { map: each, next: list };
          return list;
        }),
      ]),
    );
    closing.push(() => v2.server.close());
    const way = { portmap: { host: "127.0.0.1", port: v2.port } };
    const { server, bound } = await listen(way);
    assert.deepEqual(
      bound.map(({ netid, registered }) => [netid, registered]),
      [
        ["tcp", true],
        ["udp", true],
        ["local", false],
      ],
    );
    assert.deepEqual(
      [...old.values()].map(({ prot, port: at }) => [prot, at]).sort(),
      [6, 17].map((prot, i) => [prot, bound[i]?.port]).sort(),
    );
    for (const transport of ["tcp", "udp"] as const) {
      const uaddr = bound.find(({ netid }) => netid === transport)?.uaddr;
      assert.equal(await answers({ ...way, transport }), uaddr);
    }
    await assert.rejects(answers({ ...way, transport: "local" }), code("RPC_PROGNOTREGISTERED"));
    await server.close();
    assert.equal(old.size, 0);
  });

  it("a portmapper of version 3 is asked in version 3; what is no address is an error", async () => {
    for (const uaddr of ["127.0.0.1.0.9", "garbage", "", "/run/x.sock"]) {
      const v3 = await portmapperOf(
        rpcService("RPCBPROG", 100_000, 3, [method(RpcbprogV3.rpcbprocGetaddr, uaddr, (answer) => answer)]),
      );
      closing.push(() => v3.server.close());
      const way = { host: "127.0.0.1", transport: "udp", portmap: { port: v3.port } } as const;
      if (uaddr.endsWith(".9")) assert.equal((await peerOf(way)).port, 9);
      else
        await assert.rejects(connect(SERVICE, way), code(uaddr === "" ? "RPC_PROGNOTREGISTERED" : "RPC_RPCBFAILURE"));
    }
  });

  async function peerOf(to: ConnectOptions): Promise<{ port: number }> {
    await using client = await connect(SERVICE, to);
    return { port: client.peer?.port ?? 0 };
  }
});

describe("runtime: where the portmapper is", () => {
  const restore = process.env.TSRPC_PORTMAP;
  afterEach(() => {
    if (restore === undefined) delete process.env.TSRPC_PORTMAP;
    else process.env.TSRPC_PORTMAP = restore;
  });

  it("TSRPC_PORTMAP is read, or is an error", () => {
    assert.deepEqual(parsePortmap("host:1"), { host: "host", port: 1 });
    assert.deepEqual(parsePortmap("[::1]:65535"), { host: "::1", port: 65_535 });
    assert.deepEqual(parsePortmap("/run/x:1"), { path: "/run/x:1" });
    for (const bad of ["host", "host:", ":1", "host:0", "host:65536", "::1:5", "run/x", "host:1x"]) {
      assert.throws(() => parsePortmap(bad), code("RPC_RPCBFAILURE"), bad);
    }
  });

  it("TSRPC_PORTMAP is about this host, or the host that it names", () => {
    const far = "198.51.100.7";
    delete process.env.TSRPC_PORTMAP;
    assert.deepEqual(portmapWays("localhost", "auto"), {
      inet: { host: "localhost", port: 111 },
      path: RPCBIND_SOCKET,
    });
    assert.deepEqual(portmapWays(far, "auto"), { inet: { host: far, port: 111 }, path: undefined });
    process.env.TSRPC_PORTMAP = "/x.sock";
    assert.deepEqual(portmapWays("127.0.0.1", "auto"), { inet: undefined, path: "/x.sock" });
    assert.deepEqual(portmapWays(far, "auto"), { inet: { host: far, port: 111 }, path: undefined });
    process.env.TSRPC_PORTMAP = `${far}:1111`;
    assert.deepEqual(portmapWays(far, "required"), { inet: { host: far, port: 1111 }, path: undefined });
    assert.deepEqual(portmapWays("203.0.113.9", "auto"), { inet: { host: "203.0.113.9", port: 111 }, path: undefined });
    assert.deepEqual(portmapWays(far, { port: 7 }), { inet: { host: far, port: 7 }, path: undefined });
  });

  it("a name that begins like a loopback address is not this host", () => {
    assert(isThisHost("127.0.0.5"));
    assert(isThisHost("localhost"));
    assert(!isThisHost("127.example.org"));
    assert(!isThisHost("198.51.100.7"));
  });
});
