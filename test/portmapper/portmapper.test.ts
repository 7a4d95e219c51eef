import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RpcError, connect, parseUaddr } from "../../src/runtime/index.ts";
import type { ConnectOptions, RpcConnection } from "../../src/runtime/index.ts";
import { PMAP_PROG, PmapProgV2 } from "../../src/runtime/rpcbind/gen/pmap_prot.ts";
import { RPCBPROG, RpcbprogV3, RpcbprogV4 } from "../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import type { Rpcb } from "../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { Portmapper } from "../../src/portmapper/index.ts";
import type { PortmapperAddress } from "../../src/portmapper/index.ts";

const PROGRAM = 0x31237;
const HOST = "127.0.0.1";

function portOf(bound: readonly PortmapperAddress[], netid = "tcp"): number {
  const port = parseUaddr(bound.find((each) => each.netid === netid)?.address ?? "")?.port;
  assert.ok(port !== undefined);
  return port;
}

function entry(rNetid: string, rAddr: string, rVers = 1): Rpcb {
  return { rProg: PROGRAM, rVers, rNetid, rAddr, rOwner: "whoever" };
}

const mapping = (prot: number, port: number, vers = 1): { prog: number; vers: number; prot: number; port: number } => ({
  prog: PROGRAM,
  vers,
  prot,
  port,
});

describe("portmapper: over sockets", () => {
  let folder = "";
  let socket = "";
  let portmapper: Portmapper;
  let bound: PortmapperAddress[];
  const open: RpcConnection[] = [];

  async function reach(transport: "tcp" | "udp" | "local"): Promise<RpcConnection> {
    const to: ConnectOptions =
      transport === "local" ? { path: socket } : { host: HOST, transport, port: portOf(bound), portmap: "off" };
    const connection = await connect({ program: RPCBPROG, version: 4 }, { ...to, timeoutMs: 5000 });
    open.push(connection);
    return connection;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tsrpcbind-"));
    socket = join(folder, "rpcbind.sock");
    portmapper = new Portmapper({ host: HOST, port: 0, socket });
    bound = await portmapper.listen();
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
    await portmapper.close();
    await rm(folder, { recursive: true });
  });

  it("binds one port for tcp and udp, and lists itself as rpcbind does", async () => {
    assert.deepEqual(
      bound.map(({ netid }) => netid),
      ["tcp", "udp", "local"],
    );
    assert.equal(portOf(bound, "udp"), portOf(bound, "tcp"));
    assert.equal((await stat(socket)).mode & 0o777, 0o666);
    assert.deepEqual(
      portmapper.registry.registrations().map(({ version, netid, owner }) => `${version} ${netid} ${owner}`),
      ["4 tcp", "3 tcp", "2 tcp", "4 udp", "3 udp", "2 udp", "4 local", "3 local"].map((own) => `${own} superuser`),
    );
  });

  for (const transport of ["tcp", "udp", "local"] as const) {
    it(`registers, finds and forgets over ${transport}, in all versions`, async () => {
      const client = await reach(transport);
      assert.equal(await client.call(PmapProgV2.pmapprocSet, mapping(6, 1000)), true);
      assert.equal(await client.call(PmapProgV2.pmapprocSet, mapping(6, 1001)), false);
      assert.equal(await client.call(PmapProgV2.pmapprocSet, mapping(99, 1000)), false);
      assert.equal(await client.call(PmapProgV2.pmapprocSet, mapping(17, 65_536)), false);
      assert.equal(await client.call(RpcbprogV3.rpcbprocSet, entry("udp", "0.0.0.0.4.5")), true);
      assert.equal(await client.call(RpcbprogV4.rpcbprocSet, entry("local", "/tmp/date.sock")), true);
      assert.equal(await client.call(PmapProgV2.pmapprocGetport, mapping(6, 0)), 1000);
      assert.equal(await client.call(PmapProgV2.pmapprocGetport, mapping(17, 0, 9)), 1029);
      assert.equal(await client.call(PmapProgV2.pmapprocGetport, { ...mapping(6, 0), prog: 99 }), 0);

      const found = { tcp: "127.0.0.1.3.232", udp: "127.0.0.1.4.5", local: "/tmp/date.sock" }[transport];
      // The netid asked for has no say.
      assert.equal(await client.call(RpcbprogV3.rpcbprocGetaddr, entry("foo", "")), found);
      assert.equal(await client.call(RpcbprogV4.rpcbprocGetaddr, entry("", "", 9)), found);
      assert.equal(await client.call(RpcbprogV4.rpcbprocGetaddr, { ...entry("", ""), rProg: 99 }), "");

      const listed: string[] = [];
      for (let node = await client.call(RpcbprogV4.rpcbprocDump, undefined); node !== null; node = node.rpcbNext) {
        const { rProg, rVers, rNetid, rAddr } = node.rpcbMap;
        if (rProg === PROGRAM) listed.push(`${rVers} ${rNetid} ${rAddr}`);
      }
      assert.deepEqual(listed, ["1 tcp 0.0.0.0.3.232", "1 udp 0.0.0.0.4.5", "1 local /tmp/date.sock"]);
      const ports: string[] = [];
      for (let node = await client.call(PmapProgV2.pmapprocDump, undefined); node !== null; node = node.next) {
        if (node.map.prog === PROGRAM) ports.push(`${node.map.vers} ${node.map.prot} ${node.map.port}`);
      }
      assert.deepEqual(ports, ["1 6 1000", "1 17 1029"]);

      assert.equal(await client.call(PmapProgV2.pmapprocUnset, mapping(0, 0)), true);
      assert.equal(await client.call(PmapProgV2.pmapprocGetport, mapping(17, 0)), 0);
      assert.equal(await client.call(RpcbprogV4.rpcbprocUnset, entry("", "")), true);
      assert.ok(portmapper.registry.registrations().every(({ program }) => program === PMAP_PROG));
    });
  }

  it("knows who registers over the local socket", async function () {
    if (process.env.TSRPC_NO_NATIVE === "1" || process.getuid === undefined) this.skip();
    const client = await reach("local");
    assert.equal(await client.call(RpcbprogV4.rpcbprocSet, entry("tcp", "0.0.0.0.4.5")), true);
    const uid = process.getuid();
    assert.equal(portmapper.registry.find(PROGRAM, 1, "tcp")?.owner, uid === 0 ? "superuser" : String(uid));
    assert.equal(portmapper.registry.find(PROGRAM, 1, "tcp")?.process?.pid, process.pid);
    // Over loopback nobody knows that it is the same user.
    const other = await reach("tcp");
    assert.equal(await other.call(RpcbprogV4.rpcbprocUnset, entry("tcp", "")), false);
    assert.equal(await client.call(RpcbprogV4.rpcbprocUnset, entry("tcp", "")), true);
  });

  it("tells the time", async () => {
    const client = await reach("tcp");
    const before = Math.floor(Date.now() / 1000);
    for (const version of [RpcbprogV3, RpcbprogV4]) {
      const time = await client.call(version.rpcbprocGettime, undefined);
      assert.ok(time >= before && time <= before + 60);
    }
  });

  it("answers PROC_UNAVAIL for what it does not have", async () => {
    const client = await reach("tcp");
    await assert.rejects(client.call({ ...RpcbprogV4.rpcbprocNull, number: 13 }, undefined), {
      code: "RPC_PROCUNAVAIL",
    });
    await assert.rejects(client.call({ ...RpcbprogV3.rpcbprocNull, number: 9 }, undefined), {
      code: "RPC_PROCUNAVAIL",
    });
  });

  it("has versions 2 to 4", async () => {
    const client = await reach("tcp");
    await assert.rejects(
      client.call({ ...RpcbprogV4.rpcbprocNull, version: 5 }, undefined),
      (error: unknown) =>
        error instanceof RpcError && error.code === "RPC_PROGVERSMISMATCH" && error.low === 2 && error.high === 4,
    );
  });

  it("lets nobody remove its own entries but root", async () => {
    const client = await reach("udp");
    const own = { rProg: RPCBPROG, rVers: 4, rNetid: "", rAddr: "", rOwner: "superuser" };
    assert.equal(await client.call(RpcbprogV4.rpcbprocUnset, own), false);
    assert.equal(portmapper.registry.size, 8);
  });

  it("reports a port that is taken", async () => {
    const taken = createServer();
    await once(taken.listen({ host: HOST, port: 0 }), "listening");
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(new Portmapper({ host: HOST, port }).listen(), { code: "RPC_CANTLISTEN" });
    taken.close();
  });

  it("removes its socket when it closes, and closes twice", async () => {
    await portmapper.close();
    await portmapper.close();
    await assert.rejects(stat(socket), { code: "ENOENT" });
  });
});
