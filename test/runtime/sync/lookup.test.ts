import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "../../../src/portmapper/index.ts";
import { type ListenOptions, RpcServer, method, parseUaddr, rpcService } from "../../../src/runtime/index.ts";
import { PmapProgV2 } from "../../../src/runtime/rpcbind/gen/pmap_prot.ts";
import { RpcbprogV3 } from "../../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { whyNoAddon } from "../../native/addon.ts";
import { testService } from "../support.ts";
import { BlockingClient } from "./blocking-client.ts";

const HOST = "127.0.0.1";
const TRANSPORTS = ["tcp", "udp", "local"] as const;

describe("blocking clients: finding services through a portmapper", () => {
  let client: BlockingClient;
  let portmapper: Portmapper;
  let port: number;
  let folder: string;
  let socket: string;
  let server: RpcServer;

  before(async function () {
    client = new BlockingClient();
    if (whyNoAddon() !== undefined) this.skip();
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-sync-"));
    socket = join(folder, "rpcbind.sock");
    portmapper = new Portmapper({ host: HOST, port: 0, socket });
    const bound = await portmapper.listen();
    port = parseUaddr(bound.find(({ netid }) => netid === "tcp")?.address ?? "")?.port ?? 0;
    server = new RpcServer().add(testService());
    await server.listen({ host: HOST, portmap: { path: socket } });
  });

  after(async () => {
    await client[Symbol.asyncDispose]();
    if (whyNoAddon() !== undefined) return;
    await server.close();
    await portmapper.close();
    rmSync(folder, { recursive: true });
  });

  for (const transport of TRANSPORTS) {
    it(`${transport}: at a port, at a port of a host by its name, and at a socket`, async () => {
      for (const portmap of [{ port }, { host: "localhost", port }, { path: socket }]) {
        const { error } = await client.connect({ transport, portmap });
        assert.equal(error, undefined);
        assert.equal((await client.call("ECHO", 6)).result, 6);
        assert.equal((await client.state()).transport, transport);
      }
    });

    it(`${transport}: where TSRPC_PORTMAP says`, async () => {
      for (const place of [`${HOST}:${port}`, socket]) {
        await using other = new BlockingClient({ ...process.env, TSRPC_PORTMAP: place });
        assert.equal((await other.connect({ transport })).error, undefined);
        assert.equal((await other.call("ECHO", 7)).result, 7);
      }
    });
  }

  it("without a word of the transport: shm over the service's socket, the socket where there is none, else tcp", async function () {
    if (process.platform !== "linux") this.skip();
    const listen = { host: HOST, portmap: { path: socket }, replace: true };
    const ways: [unknown, ConstructorParameters<typeof RpcServer>[0], ListenOptions][] = [
      ["shm", {}, listen],
      ["local", { shm: false }, listen],
      ["tcp", {}, { ...listen, local: false }],
    ];
    await server.close();
    for (const [expected, options, at] of ways) {
      const other = new RpcServer(options).add(testService());
      await other.listen(at);
      for (const portmap of [{ path: socket }, { port }]) {
        const { error } = await client.connect({ portmap, ...(expected === "tcp" && { transport: "auto" }) });
        assert.equal(error, undefined);
        assert.equal((await client.call("ECHO", 2)).result, 2);
        assert.equal((await client.state()).transport, expected);
      }
      await other.close();
    }
    server = new RpcServer().add(testService());
    await server.listen({ host: HOST, portmap: { path: socket } });
  });

  it("what is not registered, a portmapper that is not there, and a place that is none", async () => {
    const codes: string[] = [];
    for (const to of [
      { transport: "tcp6", host: "::1", portmap: { path: socket } },
      { portmap: { host: HOST, port: 1 } },
      { transport: "local", portmap: { path: join(folder, "absent") } },
      { portmap: "nonsense" as "auto" },
    ] as const) {
      const { error } = await client.connect(to);
      codes.push(error?.code ?? error?.name ?? "none");
    }
    assert.deepEqual(codes, ["RPC_PROGNOTREGISTERED", "RPC_RPCBFAILURE", "RPC_RPCBFAILURE", "RangeError"]);
    await using other = new BlockingClient({ ...process.env, TSRPC_PORTMAP: "nonsense" });
    assert.equal((await other.connect("localhost" as never)).error?.code, "RPC_RPCBFAILURE");
  });

  const find = (program: number, netid: string): string =>
    portmapper.registry.registrations().find((each) => each.program === program && each.netid === netid)?.address ?? "";

  const oldOnes = [
    rpcService("PMAP_PROG", 100_000, 2, [
      method(
        PmapProgV2.pmapprocGetport,
        (program: number, protocol: number) => parseUaddr(find(program, protocol === 6 ? "tcp" : "udp"))?.port ?? 0,
        (handler, { prog, prot }) => handler(prog, prot),
      ),
    ]),
    rpcService("RPCBPROG", 100_000, 3, [
      method(RpcbprogV3.rpcbprocGetaddr, find, (handler, { rProg, rNetid }) => handler(rProg, rNetid)),
    ]),
  ];
  for (const service of oldOnes) {
    it(`a portmapper of version ${service.version} alone is asked in its own way`, async () => {
      await using old = new RpcServer().add(service);
      for (const { netid, port: oldPort } of await old.listen({ host: HOST, local: false, portmap: "off" })) {
        const { error } = await client.connect({ host: HOST, transport: netid, portmap: { port: oldPort } });
        assert.equal(error, undefined);
        assert.equal((await client.call("ECHO", 8)).result, 8);
      }
    });
  }

  it("over udp a server that went to another port is found by the call behind the one that it cost", async () => {
    const first = new RpcServer().add(testService());
    const listen = { host: HOST, tcp: false, local: false, portmap: { path: socket }, replace: true };
    await server.close();
    await first.listen(listen);
    await client.connect({ transport: "udp", portmap: { port }, refusedTimeoutMs: 0 });
    assert.equal((await client.call("ECHO", 1)).result, 1);
    await first.close();
    const second = new RpcServer().add(testService());
    await second.listen(listen);
    assert.equal((await client.call("ECHO", 2)).error?.code, "RPC_CANTRECV");
    assert.equal((await client.call("ECHO", 3)).result, 3);
    assert.equal((await client.state()).reconnects, 1);
    await second.close();
  });
});
