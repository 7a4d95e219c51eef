import assert from "node:assert/strict";
import { RpcbindClient } from "tsrpcgen/portmapper";
import { RpcError, RpcServer, authSys } from "tsrpcgen/runtime";
import { DATE_PROG, DATE_VERS, DateProgV1 } from "./gen/date.ts";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { withEachPortmapper } from "./portmappers.ts";

const TIME = 1_234_567;
const SERVICE = { program: DATE_PROG, version: DATE_VERS };
const OTHER = { program: 400_123, version: 1 };
const TRANSPORTS = ["local", "tcp", "udp", "tcp6", "udp6"] as const;

function clientOver(transport: (typeof TRANSPORTS)[number]): Promise<RpcbindClient> {
  return RpcbindClient.connect({ host: transport.endsWith("6") ? "::1" : "127.0.0.1", transport, timeoutMs: 10_000 });
}

withEachPortmapper("RpcbindClient", () => {
  for (const transport of TRANSPORTS) {
    it(`over ${transport}: what is set is seen by each version`, async () => {
      await using client = await clientOver(transport);
      const { v2, v3, v4 } = client;
      for (const v of [v2, v3, v4]) await v.null();
      assert.equal(await v2.set({ ...OTHER, protocol: 6, port: 4711 }), true);
      assert.equal(await v2.getport(OTHER, 6), 4711);
      const entry = { ...OTHER, netid: "tcp", uaddr: "0.0.0.0.18.103" };
      for (const v of [v3, v4]) {
        const { owner, ...found } = (await v.dump()).at(-1) ?? assert.fail("no entries");
        assert.deepEqual(found, entry);
        assert.equal(owner, transport === "local" ? "superuser" : "unknown");
        assert.equal(await v.set({ ...entry, uaddr: "0.0.0.0.1.1" }), false);
        assert(Math.abs((await v.gettime()) - Date.now() / 1000) < 60);
      }
      assert.equal(await v2.unset(OTHER), true);
      assert.equal(await v2.getport(OTHER, 6), undefined);
      assert.equal(await v4.set(entry), true);
      assert.equal(await v4.getaddr(OTHER), transport === "tcp" ? "127.0.0.1.18.103" : undefined);
      assert.deepEqual((await v2.dump()).at(-1), { ...OTHER, protocol: 6, port: 4711 });
      assert.equal(await v3.unset(OTHER), true);
    });
  }
});

/** What a portmapper answers that makes calls for others. */
function whatIsPassedOn(): void {
  let server: RpcServer | undefined;
  const uids: (number | undefined)[] = [];
  before(async () => {
    server = new RpcServer();
    server.add(
      dateProgV1Service({
        binDate: (ctx) => {
          uids.push(ctx.caller.claimed?.uid);
          return TIME;
        },
      }),
    );
    await server.listen({ portmap: "required" });
  });
  after(async () => {
    await server?.close();
  });

  it("calls handed on over udp, whose reply comes from another port", async () => {
    await using client = await clientOver("udp");
    const uaddr = (await client.v4.getversaddr(SERVICE)) ?? assert.fail("not registered");
    const { port, result } = await client.v2.callit(DateProgV1.binDate, undefined);
    assert.deepEqual([`127.0.0.1.${port >> 8}.${port & 0xff}`, result], [uaddr, TIME]);
    assert.deepEqual(await client.v3.callit(DateProgV1.binDate, undefined), { uaddr, result: TIME });
    assert.deepEqual(await client.v4.bcast(DateProgV1.binDate, undefined), { uaddr, result: TIME });
    assert.deepEqual(await client.v4.indirect(DateProgV1.binDate, undefined), { uaddr, result: TIME });
    const none = client.v4.indirect({ ...DateProgV1.binDate, program: 77_777 }, undefined);
    await assert.rejects(none, (error) => error instanceof RpcError && error.code === "RPC_PROGUNAVAIL");
    const silent = client.v3.callit({ ...DateProgV1.binDate, program: 77_777 }, undefined, { timeoutMs: 200 });
    await assert.rejects(silent, (error) => error instanceof RpcError && error.code === "RPC_TIMEDOUT");
    const { lookups, remoteCalls } = (await client.v4.getstat()).v4;
    const count = { program: DATE_PROG, version: 1, procedure: 1, netid: "udp", failure: 0 };
    assert.deepEqual(remoteCalls.at(-1), { ...count, indirect: 2, success: 2 });
    assert.deepEqual(
      lookups.find(({ netid }) => netid === "udp"),
      { ...SERVICE, netid: "udp", success: 1, failure: 0 },
    );
  });

  it("calls handed on with the client's credentials, or the call's", async () => {
    const auth = authSys({ uid: 4242, gid: 1, gids: [] });
    await using client = await RpcbindClient.connect({ host: "127.0.0.1", transport: "udp", auth });
    uids.length = 0;
    await client.v2.callit(DateProgV1.binDate, undefined);
    await client.v3.callit(DateProgV1.binDate, undefined, { auth: authSys({ uid: 4343, gid: 1, gids: [] }) });
    assert.deepEqual(uids, [4242, 4343]);
  });

  it("GETVERSADDR, GETADDRLIST, addresses in both forms", async () => {
    await using client = await clientOver("tcp");
    const { v3, v4 } = client;
    assert.equal(await v4.getversaddr({ ...SERVICE, version: 9 }), undefined);
    const tcp = (await v4.getversaddr(SERVICE)) ?? assert.fail("not registered");
    const [first, second, ...more] = await v4.getaddrlist(SERVICE);
    assert.deepEqual(first, { uaddr: tcp, netid: "tcp", semantics: "cots_ord", family: "inet", protocol: "tcp" });
    assert.deepEqual([second?.netid, second?.semantics, second?.protocol, more.length], ["udp", "clts", "udp", 0]);
    for (const v of [v3, v4]) {
      const address = await v.uaddr2taddr("127.0.0.1.8.1");
      // sockaddr_in: the port and the address in network order, behind the family in that of the host.
      assert.equal(Buffer.from(address.bytes).toString("hex", 2), "08017f000001" + "00".repeat(8));
      assert.equal(await v.taddr2uaddr(address), "127.0.0.1.8.1");
      assert.equal((await v.uaddr2taddr("nonsense")).bytes.length, 0);
    }
  });
}

withEachPortmapper("RpcbindClient, of what is passed on", whatIsPassedOn, {}, ["-r"]);
