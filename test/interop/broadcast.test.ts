import assert from "node:assert/strict";
import {
  type BroadcastOptions,
  type BroadcastReply,
  type Caller,
  RpcServer,
  authSys,
  broadcast,
  broadcastAddresses,
  connect,
} from "tsrpcgen/runtime";
import { cPrograms } from "./c-programs.ts";
import { captured } from "./capture.ts";
import { DATE_PROG, DATE_VERS, DateProgV1 } from "./gen/date.ts";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { C_TOOLS, RPCBIND_PORT, needs, run, takesConnections } from "./namespace.ts";
import { Running } from "./process.ts";

const SERVICE = { program: DATE_PROG, version: DATE_VERS };
const TIME = 1_234_567;
/** Of a network that the namespace gets for the C client: libtirpc broadcasts to networks alone, and loopback is none. */
const ADDRESS = "10.9.0.1";
const LINK_LOCAL = "fe80::9";
const NETWORK = ["v0", "v1"] as const;

async function first(options: BroadcastOptions): Promise<BroadcastReply<number> | undefined> {
  for await (const reply of broadcast(DateProgV1.binDate, undefined, { timeoutMs: 10_000, ...options })) return reply;
  return undefined;
}

/** rpcbind hands calls on (CALLIT) only where it is told to. */
async function rpcbind(): Promise<Running> {
  const running = new Running("/usr/sbin/rpcbind", ["-f", "-r"]);
  await takesConnections(RPCBIND_PORT);
  return running;
}

async function udpPort(): Promise<number> {
  await using connection = await connect(SERVICE, { host: "127.0.0.1", transport: "udp" });
  return connection.peer?.port ?? 0;
}

/** Runs `test` while a server of ours is registered, which remembers its callers. */
async function withOurServer(test: (callers: readonly Caller[]) => Promise<void>): Promise<void> {
  await using server = new RpcServer();
  const callers: Caller[] = [];
  server.add(
    dateProgV1Service({
      binDate: (ctx) => {
        callers.push(ctx.caller);
        return TIME;
      },
    }),
  );
  await server.listen({ portmap: "required", tcp: false, local: false });
  await test(callers);
}

describe("interop: broadcast, with rpcbind -r", function () {
  this.timeout(60_000);
  before(needs({ namespace: true, root: true, commands: { ...C_TOOLS, rpcbind: "rpcbind" } }));

  describe("on loopback", () => {
    let portmapper: Running | undefined;
    before(async () => {
      portmapper = await rpcbind();
    });
    after(() => portmapper?.end());

    it("goes to 127.255.255.255 where there is no network", () => {
      assert.deepEqual(broadcastAddresses(), ["127.255.255.255"]);
    });

    it("finds a C server by CALLIT and by its port", async () => {
      await using server = new Running((await cPrograms()).date_server, ["/run/date-broadcast.sock"]);
      await server.line((line) => line === "ready");
      const port = await udpPort();
      for (const options of [{}, { port }]) {
        const reply = await first(options);
        assert.equal(String(reply?.from), `udp 127.0.0.1:${port}`);
        assert(Math.abs((reply?.result ?? 0) - Date.now() / 1000) < 60);
      }
    });

    it("finds our server, which gets the caller's AUTH_SYS credentials from rpcbind", async () => {
      await withOurServer(async (callers) => {
        const reply = await first({ auth: authSys({ uid: 4242, gid: 4243, gids: [] }) });
        assert.deepEqual([reply?.result, String(reply?.from)], [TIME, `udp 127.0.0.1:${await udpPort()}`]);
        assert.equal(callers[0]?.claimed?.uid, 4242);
      });
    });

    captured((messages) => {
      const calls = messages.filter(({ type, program }) => type === "0" && program === String(DATE_PROG));
      // By its port to the C server; rpcbind hands the two others on over loopback, too.
      assert(calls.length >= 3, `${calls.length} calls`);
      assert(messages.some(({ flavor }) => flavor === "1"));
    });
  });

  describe("on a network", () => {
    let portmapper: Running | undefined;
    before(async () => {
      const [near, far] = NETWORK;
      await run("ip", ["link", "add", near, "type", "veth", "peer", "name", far]);
      await run("ip", ["addr", "add", `${ADDRESS}/24`, "broadcast", "+", "dev", near]);
      // No other link-local address than this, and it without the second in which nobody may use the address: duplicates are looked for.
      await run("ip", ["link", "set", near, "addrgenmode", "none"]);
      await run("ip", ["addr", "add", `${LINK_LOCAL}/64`, "dev", near, "nodad"]);
      for (const name of NETWORK) await run("ip", ["link", "set", name, "up"]);
      portmapper = await rpcbind();
    });
    after(async () => {
      await portmapper?.end();
      await run("ip", ["link", "del", NETWORK[0]]);
    });

    it("goes to the network's address, and loopback's only when asked for", () => {
      assert.deepEqual(broadcastAddresses(), ["10.9.0.255"]);
      assert.deepEqual(broadcastAddresses({ loopback: true }), ["10.9.0.255", "127.255.255.255"]);
    });

    for (const [name, nettype] of [
      ["rpc", "udp"],
      ["clnt", ""],
    ] as const) {
      it(`of a C client, ${name}_broadcast, finds our server`, async () => {
        await withOurServer(async () => {
          const port = await udpPort();
          const { stdout } = await run((await cPrograms()).date_broadcast, [name, nettype]);
          const uaddr = `udp ${ADDRESS}.${port >> 8}.${port & 0xff}`;
          assert.equal(stdout, `${TIME} ${name === "rpc" ? uaddr : `${ADDRESS} ${port}`}\n`);
        });
      });
    }

    it("over IPv6 finds our server by multicast, and by CALLIT of a host's portmapper", async () => {
      await using server = new RpcServer().add(dateProgV1Service({ binDate: () => TIME }));
      const [bound] = await server.listen({
        ...{ tcp: false, udp: false, local: false, portmap: "required" },
        udp6: { multicast: [{ group: "ff02::4242", interface: NETWORK[0] }] },
      });
      const port = bound?.port ?? 0;
      const direct = await first({ addresses: [`ff02::4242%${NETWORK[0]}`], port });
      assert.deepEqual([direct?.result, String(direct?.from)], [TIME, `udp6 [${LINK_LOCAL}%${NETWORK[0]}]:${port}`]);
      // By multicast, rpcbind is not to be had: it joins ff02::202 with another socket than the one that it reads.
      for (const host of ["::1", `${LINK_LOCAL}%${NETWORK[0]}`]) {
        const found = await first({ addresses: [host] });
        assert.deepEqual([found?.result, String(found?.from)], [TIME, `udp6 [${host}]:${port}`]);
      }
    });
  });
});
