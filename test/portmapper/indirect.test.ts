import assert from "node:assert/strict";
import {
  DEFAULT_INDIRECT_DENY,
  type IndirectOptions,
  Portmapper,
  type PortmapperEvent,
} from "../../src/portmapper/index.ts";
import {
  type BoundAddress,
  NO_REPLY,
  type RpcConnection,
  RpcServer,
  authSys,
  connect,
  parseUaddr,
} from "../../src/runtime/index.ts";
import { PmapProgV2 } from "../../src/runtime/rpcbind/gen/pmap_prot.ts";
import { RPCBPROG, RpcbprogV3, RpcbprogV4 } from "../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { ECHO, PROGRAM, RUN, VERSION, testService, words } from "../runtime/support.ts";

const HOST = "127.0.0.1";

describe("portmapper: indirect calls", () => {
  const events: PortmapperEvent[] = [];
  let portmapper: Portmapper;
  let client: RpcConnection;
  let server: RpcServer;
  let claimed: number | undefined;
  let run: () => Promise<number | typeof NO_REPLY> = () => Promise.resolve(0);

  async function start(indirect: boolean | IndirectOptions): Promise<void> {
    portmapper = new Portmapper({ host: HOST, port: 0, indirect, onEvent: (event) => events.push(event) });
    const bound = await portmapper.listen();
    const port = parseUaddr(bound.find(({ netid }) => netid === "udp")?.address ?? "")?.port ?? 0;
    client = await connect(
      { program: RPCBPROG, version: 4 },
      { host: HOST, port, transport: "udp", timeoutMs: 5000, tryTimeoutMs: 5000 },
    );
    const service = testService((_arg, ctx) => {
      claimed = ctx.caller.claimed?.uid;
      return run();
    });
    server = new RpcServer().add(service);
    const [udp] = (await server.listen({ host: HOST, tcp: false, local: false, portmap: "off" })) as [BoundAddress];
    register(PROGRAM, udp.uaddr);
  }

  function register(program: number, address: string): void {
    assert.ok(portmapper.registry.set({ program, version: VERSION, netid: "udp", address, owner: "superuser" }));
  }

  const call = (
    number: number,
    prog = PROGRAM,
    vers = VERSION,
  ): { prog: number; vers: number; proc: number; args: Uint8Array } => ({
    prog,
    vers,
    proc: number,
    args: Uint8Array.from(words(5)),
  });
  const refused = (): string[] => events.flatMap((event) => (event.kind === "refused" ? [event.reason] : []));

  afterEach(async () => {
    await client.close();
    await server.close();
    await portmapper.close();
    events.length = 0;
    claimed = undefined;
    run = () => Promise.resolve(0);
  });

  it("are not made unless that is switched on", async () => {
    await start(false);
    await assert.rejects(client.call(RpcbprogV4.rpcbprocIndirect, call(ECHO.number)), { code: "RPC_SYSTEMERROR" });
    await assert.rejects(client.call(PmapProgV2.pmapprocCallit, call(ECHO.number), { timeoutMs: 50 }), {
      code: "RPC_TIMEDOUT",
    });
    assert.equal(
      server.stats().procedures.reduce((sum, { calls }) => sum + calls, 0),
      0,
    );
  });

  it("give results and the service's address, and pass the credential on", async () => {
    await start(true);
    const port = parseUaddr(portmapper.registry.find(PROGRAM, VERSION, "udp")?.address ?? "")?.port;
    const { port: told, res } = await client.call(PmapProgV2.pmapprocCallit, call(ECHO.number));
    assert.equal(told, port);
    assert.deepEqual(res, Uint8Array.from(words(5)));
    for (const procedure of [RpcbprogV3.rpcbprocCallit, RpcbprogV4.rpcbprocBcast, RpcbprogV4.rpcbprocIndirect]) {
      const auth = authSys({ uid: 4711, gid: 1, gids: [], machinename: "host" });
      claimed = undefined;
      const { addr, results } = await client.call(procedure, call(RUN.number), { auth });
      assert.deepEqual(parseUaddr(addr), { host: HOST, port });
      assert.deepEqual(results, Uint8Array.from(words(0)));
      assert.equal(claimed, 4711);
    }
    assert.equal(events.filter(({ kind }) => kind === "indirect").length, 4);
  });

  it("are never made to a denied program, nor to the portmapper, by whatever number", async () => {
    await start(true);
    const own = portmapper.registry.find(RPCBPROG, 4, "udp")?.address ?? "";
    for (const program of DEFAULT_INDIRECT_DENY) register(program, own);
    register(7, own);
    for (const program of [RPCBPROG, ...DEFAULT_INDIRECT_DENY, 7]) {
      for (const procedure of [RpcbprogV3.rpcbprocCallit, RpcbprogV4.rpcbprocIndirect]) {
        const args = call(0, program, program === RPCBPROG ? 4 : VERSION);
        await assert.rejects(
          client.call(procedure, args),
          { code: "RPC_AUTHERROR", authStat: "AUTH_TOOWEAK" },
          `${program}`,
        );
      }
    }
    assert.deepEqual(new Set(refused()), new Set(["indirect-denied"]));
  });

  it("are not made to another host that someone has registered", async () => {
    await start(true);
    register(8, "203.0.113.9.8.1");
    await assert.rejects(client.call(RpcbprogV4.rpcbprocIndirect, call(0, 8)), { code: "RPC_PROGUNAVAIL" });
  });

  it("are limited in their rate", async () => {
    await start({ maxPerSecond: 0.001 + 2 });
    await client.call(RpcbprogV4.rpcbprocIndirect, call(ECHO.number));
    await client.call(RpcbprogV4.rpcbprocIndirect, call(ECHO.number));
    const limited = client.call(RpcbprogV4.rpcbprocIndirect, call(ECHO.number), { timeoutMs: 50 });
    await assert.rejects(limited, { code: "RPC_TIMEDOUT" });
    assert.deepEqual(refused(), ["indirect-limited"]);
  });

  it("are limited in how many are under way, and made once where they are asked twice", async () => {
    await start({ maxInFlight: 1 });
    let calls = 0;
    let answer: (value: number) => void = () => undefined;
    const called = new Promise<void>((resolve) => {
      run = () => {
        calls++;
        resolve();
        return new Promise((settle) => (answer = settle));
      };
    });
    const first = client.call(RpcbprogV4.rpcbprocIndirect, call(RUN.number), { tryTimeoutMs: 10 });
    await called;
    await assert.rejects(client.call(RpcbprogV4.rpcbprocIndirect, call(ECHO.number), { timeoutMs: 50 }), {
      code: "RPC_TIMEDOUT",
    });
    assert.deepEqual(refused(), ["indirect-limited"]);
    answer(1);
    assert.deepEqual((await first).results, Uint8Array.from(words(1)));
    assert.equal(calls, 1);
  });

  it("say nothing where the service says nothing in time", async () => {
    await start({ timeoutMs: 20 });
    run = () => Promise.resolve(NO_REPLY);
    await assert.rejects(client.call(RpcbprogV4.rpcbprocIndirect, call(RUN.number), { timeoutMs: 100 }), {
      code: "RPC_TIMEDOUT",
    });
    assert.deepEqual(refused(), []);
  });

  it("take no bound that is none", async () => {
    await start(true);
    assert.throws(() => new Portmapper({ indirect: { maxPerSecond: 0 } }), RangeError);
    assert.throws(() => new Portmapper({ indirect: { maxInFlight: NaN } }), RangeError);
  });
});
