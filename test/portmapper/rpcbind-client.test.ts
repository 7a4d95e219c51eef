import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { Portmapper, RpcbindClient } from "../../src/portmapper/index.ts";
import { RpcError, RpcServer, type RpcService, method, parseUaddr, rpcService } from "../../src/runtime/index.ts";
import { PmapProgV2 } from "../../src/runtime/rpcbind/gen/pmap_prot.ts";
import { RPCBPROG, RpcbprogV3, RpcbprogV4 } from "../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { stringCodec } from "../../src/xdr/index.ts";

const HOST = "127.0.0.1";
const SERVICE = { program: 201_271, version: 1 };
const STRING = { ...SERVICE, programName: "P", number: 2, name: "S", args: stringCodec, result: stringCodec };
/** "hi" as XDR has it. */
const HI = Uint8Array.of(0, 0, 0, 2, 0x68, 0x69, 0, 0);

const servers: RpcServer[] = [];

/** A portmapper that remembers what it was asked, and answers what the test says. */
async function fake(...services: readonly RpcService[]): Promise<number> {
  const server = new RpcServer();
  servers.push(server);
  for (const service of services) server.add(service);
  const bound = await server.listen({ tcp: { host: HOST }, udp: false, local: false, portmap: "off" });
  return bound[0]?.port ?? 0;
}

async function failure(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => assert.fail("it was answered"),
    (thrown: unknown) => thrown,
  );
  assert(error instanceof RpcError, String(error));
  return error.code;
}

describe("portmapper: RpcbindClient", () => {
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it("sends a question as RFC 1833 has it, with the transport and the address that it asks over", async () => {
    const server = createServer();
    await once(server.listen(0, HOST), "listening");
    const { port } = server.address() as AddressInfo;
    const asked = once(server, "connection").then(async (args) => {
      const [socket] = args as [Socket];
      const [bytes] = (await once(socket, "data")) as [Buffer];
      socket.destroy();
      return bytes;
    });
    await using client = await RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
    const answer = failure(client.v4.getaddrlist(SERVICE));
    const uaddr = `127.0.0.1.${port >> 8}.${port & 0xff}`;
    const u32 = (value: number): string => value.toString(16).padStart(8, "0");
    const text = (value: string): string =>
      u32(value.length) + Buffer.from(value.padEnd(Math.ceil(value.length / 4) * 4, "\0")).toString("hex");
    const hex = (await asked).subarray(8).toString("hex");
    const header = [0, 2, RPCBPROG, 4, 11, 0, 0, 0, 0].map(u32).join("");
    assert.equal(hex, header + u32(SERVICE.program) + u32(1) + text("tcp") + text(uaddr) + text(""));
    assert.equal(await answer, "RPC_CANTRECV");
    server.close();
  });

  it("v2: each procedure's arguments and result", async () => {
    const asked: unknown[] = [];
    const note =
      <R>(result: R) =>
      (_: unknown, args: unknown): R => {
        asked.push(args);
        return result;
      };
    const port = await fake(
      rpcService("PMAP", RPCBPROG, 2, [
        method(PmapProgV2.pmapprocSet, {}, note(true)),
        method(PmapProgV2.pmapprocUnset, {}, note(false)),
        method(PmapProgV2.pmapprocGetport, {}, (_, { prog }) => (prog === 1 ? 0 : 2049)),
        method(PmapProgV2.pmapprocDump, {}, () => ({ map: { prog: 1, vers: 2, prot: 6, port: 3 }, next: null })),
        method(PmapProgV2.pmapprocCallit, {}, note({ port: 7, res: HI })),
      ]),
    );
    await using client = await RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
    await client.v2.null();
    assert.equal(await client.v2.set({ ...SERVICE, protocol: 6, port: 9 }), true);
    assert.equal(await client.v2.unset(SERVICE), false);
    assert.equal(await client.v2.getport(SERVICE, 6), 2049);
    assert.equal(await client.v2.getport({ program: 1, version: 1 }, 6), undefined);
    assert.deepEqual(await client.v2.dump(), [{ program: 1, version: 2, protocol: 6, port: 3 }]);
    assert.deepEqual(await client.v2.callit(STRING, "hi"), { port: 7, result: "hi" });
    assert.deepEqual(asked, [
      { prog: SERVICE.program, vers: 1, prot: 6, port: 9 },
      { prog: SERVICE.program, vers: 1, prot: 0, port: 0 },
      { prog: SERVICE.program, vers: 1, proc: 2, args: HI },
    ]);
    // What has no version in its name falls back to this one, the only one there is.
    assert.deepEqual(await client.dump(), [{ program: 1, version: 2, netid: "tcp", uaddr: "0.0.0.0.0.3", owner: "" }]);
    assert.equal(await client.getaddr(SERVICE), ".8.1");
    assert.equal(await failure(client.v4.getstat()), "RPC_PROGVERSMISMATCH");
  });

  it("v3 and v4: each procedure's arguments and result", async () => {
    const asked: unknown[] = [];
    const stat = (calls: number): object => ({
      info: new Array<number>(13).fill(calls),
      setinfo: 1,
      unsetinfo: 2,
      addrinfo: { prog: 1, vers: 2, success: 3, failure: 4, netid: "tcp", next: null },
      rmtinfo: { prog: 1, vers: 2, proc: 5, success: 6, failure: 7, indirect: 8, netid: "udp", next: null },
    });
    const common = (procedures: Omit<typeof RpcbprogV3, "rpcbprocCallit">): Parameters<typeof rpcService>[3] => [
      method(procedures.rpcbprocSet, asked, (to, rpcb) => to.push(rpcb) > 0),
      method(procedures.rpcbprocUnset, asked, (to, rpcb) => to.push(rpcb) > 0),
      method(procedures.rpcbprocGetaddr, asked, (_, { rProg }) => (rProg === 1 ? "" : "1.2.3.4.5.6")),
      method(procedures.rpcbprocGettime, asked, () => 4_294_967_295),
      method(procedures.rpcbprocUaddr2taddr, asked, () => ({ maxlen: 16, buf: HI })),
      method(procedures.rpcbprocTaddr2uaddr, asked, (_, { maxlen }) => (maxlen === 16 ? "1.2.3.4.5.6" : "")),
    ];
    const remote = { addr: "a", results: HI };
    const port = await fake(
      rpcService("RPCB", RPCBPROG, 3, [
        ...common(RpcbprogV3),
        method(RpcbprogV3.rpcbprocCallit, asked, (to, args) => (to.push(args), remote)),
      ]),
      rpcService("RPCB", RPCBPROG, 4, [
        ...common(RpcbprogV4),
        method(RpcbprogV4.rpcbprocBcast, asked, (to, args) => (to.push(args), remote)),
        method(RpcbprogV4.rpcbprocIndirect, asked, (to, args) => (to.push(args), remote)),
        method(RpcbprogV4.rpcbprocGetversaddr, asked, () => ""),
        method(RpcbprogV4.rpcbprocGetaddrlist, asked, () => ({
          rpcbEntryMap: { rMaddr: "a", rNcNetid: "tcp", rNcSemantics: 3, rNcProtofmly: "inet", rNcProto: "tcp" },
          rpcbEntryNext: {
            rpcbEntryMap: { rMaddr: "b", rNcNetid: "udp", rNcSemantics: 9, rNcProtofmly: "inet", rNcProto: "udp" },
            rpcbEntryNext: null,
          },
        })),
        method(RpcbprogV4.rpcbprocGetstat, asked, () => [stat(2), stat(3), stat(4)] as never),
      ]),
    );
    await using client = await RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
    for (const v of [client.v3, client.v4]) {
      await v.null();
      assert.equal(await v.set({ ...SERVICE, netid: "udp", uaddr: "x", owner: "me" }), true);
      assert.equal(await v.unset(SERVICE), true);
      assert.equal(await v.unset(SERVICE, "udp"), true);
      assert.equal(await v.getaddr(SERVICE), "1.2.3.4.5.6");
      assert.equal(await v.getaddr({ program: 1, version: 1 }), undefined);
      assert.equal(await v.gettime(), 4_294_967_295);
      assert.deepEqual(await v.uaddr2taddr("x"), { maxBytes: 16, bytes: HI });
      assert.equal(await v.taddr2uaddr({ maxBytes: 16, bytes: HI }), "1.2.3.4.5.6");
      assert.equal(await v.taddr2uaddr({ maxBytes: 0, bytes: HI }), undefined);
      const rpcb = { rProg: SERVICE.program, rVers: 1, rNetid: "udp", rAddr: "", rOwner: "" };
      assert.deepEqual(asked.splice(0), [{ ...rpcb, rAddr: "x", rOwner: "me" }, { ...rpcb, rNetid: "" }, rpcb]);
    }
    for (const call of [
      client.v3.callit(STRING, "hi"),
      client.v4.bcast(STRING, "hi"),
      client.v4.indirect(STRING, "hi"),
    ])
      assert.deepEqual(await call, { uaddr: "a", result: "hi" });
    assert.deepEqual(asked, new Array(3).fill({ prog: SERVICE.program, vers: 1, proc: 2, args: HI }));
    assert.equal(await client.v4.getversaddr(SERVICE), undefined);
    assert.deepEqual(await client.v4.getaddrlist(SERVICE), [
      { uaddr: "a", netid: "tcp", semantics: "cots_ord", family: "inet", protocol: "tcp" },
      { uaddr: "b", netid: "udp", semantics: "9", family: "inet", protocol: "udp" },
    ]);
    const { v2, v4 } = await client.v4.getstat();
    assert.deepEqual([v2.calls[0], v4.calls[12], v4.setSuccesses, v4.unsetSuccesses], [2, 4, 1, 2]);
    assert.deepEqual(v4.lookups, [{ program: 1, version: 2, netid: "tcp", success: 3, failure: 4 }]);
    assert.deepEqual(v4.remoteCalls, [
      { program: 1, version: 2, procedure: 5, netid: "udp", indirect: 8, success: 6, failure: 7 },
    ]);
  });

  it("finds the portmapper as TSRPC_PORTMAP says, and says where none takes a connection", async () => {
    await using portmapper = new Portmapper({ host: HOST, port: 0 });
    const bound = await portmapper.listen();
    const port = parseUaddr(bound.find(({ netid }) => netid === "tcp")?.address ?? "")?.port ?? 0;
    const before = process.env["TSRPC_PORTMAP"];
    process.env["TSRPC_PORTMAP"] = `${HOST}:${port}`;
    try {
      await using client = await RpcbindClient.connect();
      assert.equal(client.connection.transport, "tcp");
      assert.equal((await client.dump()).length, 6);
      assert.equal(await failure(RpcbindClient.connect({ transport: "local" })), "RPC_UNKNOWNPROTO");
    } finally {
      if (before === undefined) delete process.env["TSRPC_PORTMAP"];
      else process.env["TSRPC_PORTMAP"] = before;
    }
    await portmapper.close();
    const gone = RpcbindClient.connect({ host: HOST, transport: "tcp", portmap: { port } });
    assert.equal(await failure(gone), "RPC_CANTCONNECT");
  });
});
