import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UdpSocket } from "tsrpcgen/ipc";
import { Portmapper } from "tsrpcgen/portmapper";
import { RpcServer } from "tsrpcgen/runtime";
import { whyNoPrimitives } from "../../src/runtime/transport/native.ts";
import { until } from "../runtime/conformance/case.ts";
import { dateProgV1Service } from "./gen/date_svc.ts";
import { needs, run } from "./namespace.ts";

const OTHER = "tsrpc-caller";
const HERE = "fe80::4711";
const GROUP = "ff020000000000000000000000000202";
const NETCONFIG = "/run/netconfig-with-broadcast6";
const TSRPCINFO = join(fileURLToPath(new URL("../../../bin", import.meta.url)), "tsrpcinfo.js");
const SERVICE = ["201271", "1"];

const ip = (line: string): Promise<unknown> => run("ip", line.split(" "));

/** A link, and on this host's end one address that is of this link alone. */
async function addLink(name: string, address: string, peer: string): Promise<void> {
  await ip(`link add ${name} type veth peer name ${peer}`);
  for (const end of [name, peer]) await ip(`link set ${end} addrgenmode none`);
  await ip(`address add ${address}/64 dev ${name} nodad`);
  await ip(`link set ${name} up`);
}

/** Names of the interfaces on which someone of this host is in the portmappers' group. */
async function joined(): Promise<string[]> {
  const rows = (await readFile("/proc/net/igmp6", "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter(([, , group]) => group === GROUP).map(([, name = ""]) => name);
}

describe("interop: broadcasts over IPv6, to the portmappers' multicast group", function () {
  this.timeout(60_000);
  let portmapper: Portmapper | undefined;

  before(needs({ namespace: true, root: true, commands: { ip: "iproute2", rpcinfo: "rpcbind" } }));
  before(async () => {
    // The first of several links, which all have the same network.
    await addLink("tsrpc-m0", "fe80::1", "tsrpc-m1");
    await ip("link set tsrpc-m1 up");
    await ip(`netns add ${OTHER}`);
    await addLink("tsrpc-m2", HERE, "tsrpc-m3");
    await ip(`link set tsrpc-m3 netns ${OTHER}`);
    for (const set of ["address add fe80::2/64 dev tsrpc-m3 nodad", "link set tsrpc-m3 up"])
      await ip(`-n ${OTHER} ${set}`);
  });
  afterEach(async () => {
    await portmapper?.close();
  });
  after(async () => {
    for (const name of ["tsrpc-m0", "tsrpc-m2", "tsrpc-m4"]) await ip(`link delete ${name}`).catch(() => undefined);
    await run("ip", ["netns", "delete", OTHER]).catch(() => undefined);
  });

  it("reach us from another host: from C's rpcinfo -b, and from tsrpcinfo", async () => {
    portmapper = new Portmapper({ indirect: true });
    await portmapper.listen();
    assert.deepEqual((await joined()).sort(), ["tsrpc-m0", "tsrpc-m2"]);
    await using server = new RpcServer();
    server.add(dateProgV1Service({ binDate: () => 0, strDate: () => "" }));
    const bound = await server.listen({ tcp: false, udp: false, local: false, udp6: true, portmap: "required" });
    const { port = 0 } = bound[0] ?? {};
    // Debian's has no transport that broadcasts.
    const lines = await readFile("/etc/netconfig", "utf8");
    await writeFile(NETCONFIG, lines.replace(/^(udp6\s+tpi_clts\s+)v/m, "$1vb"));
    const there = (command: string): Promise<{ stdout: string }> =>
      run("ip", ["netns", "exec", OTHER, "sh", "-c", `mount --bind ${NETCONFIG} /etc/netconfig && exec ${command}`]);
    const [real, ours] = await Promise.all([
      there(`rpcinfo -b ${SERVICE.join(" ")}`),
      there(`${process.execPath} ${TSRPCINFO} -b -T udp6 ${SERVICE.join(" ")}`),
    ]);
    const address = `${HERE}.${port >> 8}.${port & 0xff}\t`;
    for (const { stdout } of [real, ours]) assert.ok(stdout.startsWith(address), stdout);
  });

  it("reach a socket of systemd's", async function () {
    if (whyNoPrimitives() !== undefined) return this.skip();
    const fd = UdpSocket.bind({ ipv6: true }).release();
    portmapper = new Portmapper({ sockets: [{ fd, netid: "udp6", listening: true }] });
    await portmapper.listen();
    assert.deepEqual((await joined()).sort(), ["tsrpc-m0", "tsrpc-m2"]);
  });

  it("a network that comes later is joined as well", async () => {
    const own = globalThis.setInterval;
    const ticks: (() => void)[] = [];
    globalThis.setInterval = ((tick: () => void, ms: number) => {
      ticks.push(tick);
      return own(tick, ms);
    }) as typeof setInterval;
    try {
      portmapper = new Portmapper();
      await portmapper.listen();
    } finally {
      globalThis.setInterval = own;
    }
    assert.ok(!(await joined()).includes("tsrpc-m4"));
    await addLink("tsrpc-m4", "fe80::9", "tsrpc-m5");
    await ip("link set tsrpc-m5 up");
    // The kernel tells of a carrier in its own time.
    await until(() => networkInterfaces()["tsrpc-m4"] !== undefined);
    for (const tick of ticks) tick();
    assert.ok((await joined()).includes("tsrpc-m4"));
    await portmapper.close();
    assert.deepEqual(await joined(), []);
  });
});
