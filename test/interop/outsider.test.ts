import assert from "node:assert/strict";
import { Portmapper, type PortmapperEvent, type PortmapperOptions } from "../../src/portmapper/index.ts";
import { missing, run, skipSuite } from "./namespace.ts";
import { type RawCall, bytes, message, u32 } from "./portmapper-table/raw.ts";

/* Another host is another network namespace, at the far end of a pair of interfaces. */

const OTHER = "tsrpc-other";
const HERE = { udp: "10.9.9.1", udp6: "fd09::1" } as const;
const THERE = { udp: "10.9.9.2", udp6: "fd09::2" } as const;
const TOO_WEAK = "00000001000000010000000100000005";
const SUCCESS = "0000000100000000000000000000000000000000";
const SILENCE = "silence";
const A = 200_300;

/** What the other host runs: sends one message from its own address, and prints what comes back. */
const ASK = `
const { createSocket } = require("node:dgram");
const { connect } = require("node:net");
const [over, host, hex] = process.argv.slice(1);
const sent = Buffer.from(hex, "hex");
const end = (reply) => { console.log(reply); process.exit(0); };
if (over.startsWith("udp")) {
  const socket = createSocket(over === "udp" ? "udp4" : "udp6");
  socket.on("message", (reply) => end(reply.subarray(4).toString("hex")));
  socket.send(sent, 111, host);
} else {
  const socket = connect({ host, port: 111 });
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(0x80000000 + sent.length);
  let all = Buffer.alloc(0);
  socket.on("data", (piece) => {
    all = Buffer.concat([all, piece]);
    if (all.length > 4 && all.length >= 4 + (all.readUInt32BE() & 0x7fffffff)) end(all.subarray(8).toString("hex"));
  });
  socket.write(Buffer.concat([mark, sent]));
}
setTimeout(() => end("${SILENCE}"), 3000);
`;

const rpcb = (netid = "", address = "", owner = ""): Buffer =>
  Buffer.concat([u32(A, 1), bytes(netid), bytes(address), bytes(owner)]);

type Over = RawCall["over"];

async function ask(over: Over, version: number, procedure: number, args: Buffer = Buffer.alloc(0)): Promise<string> {
  const host = over.endsWith("6") ? HERE.udp6 : HERE.udp;
  const sent = message(7, { over, version, procedure, args }).toString("hex");
  const argv = ["netns", "exec", OTHER, process.execPath, "-e", ASK, over, host, sent];
  return (await run("ip", argv)).stdout.trim();
}

describe("interop: the portmapper and other hosts", function () {
  this.timeout(60_000);
  const events: PortmapperEvent[] = [];
  let portmapper: Portmapper | undefined;

  before(async function () {
    const reason = await missing({ namespace: true, root: true, commands: { ip: "iproute2" } });
    if (reason !== undefined) skipSuite(this, reason);
    const ip = (line: string): Promise<unknown> => run("ip", line.split(" "));
    await ip(`netns add ${OTHER}`);
    await ip(`link add tsrpc-here type veth peer name tsrpc-there netns ${OTHER}`);
    await ip(`address add ${HERE.udp}/24 dev tsrpc-here`);
    await ip(`address add ${HERE.udp6}/64 dev tsrpc-here nodad`);
    await ip("link set tsrpc-here up");
    await ip(`-n ${OTHER} address add ${THERE.udp}/24 dev tsrpc-there`);
    await ip(`-n ${OTHER} address add ${THERE.udp6}/64 dev tsrpc-there nodad`);
    await ip(`-n ${OTHER} link set tsrpc-there up`);
  });
  after(async () => {
    // The interfaces go with it.
    await run("ip", ["netns", "delete", OTHER]).catch(() => undefined);
  });
  afterEach(async () => {
    await portmapper?.close();
    events.length = 0;
  });

  async function start(options: PortmapperOptions = {}): Promise<void> {
    portmapper = new Portmapper({ ...options, onEvent: (event) => events.push(event) });
    await portmapper.listen();
    for (const [netid, address] of [
      ["udp", "0.0.0.0.4.5"],
      ["tcp", "0.0.0.0.4.5"],
      ["udp6", "::.4.5"],
      ["tcp6", "::.4.5"],
    ] as const) {
      assert.ok(portmapper.registry.set({ program: A, version: 1, netid, address, owner: "superuser" }));
    }
  }

  const refused = (): string[] => events.flatMap((event) => (event.kind === "refused" ? [event.reason] : []));

  it("are told the address that they can reach", async () => {
    await start();
    const at = (host: string): string => SUCCESS + bytes(`${host}.4.5`).toString("hex");
    // What the caller knows this host by, as libtirpc's clients say it, and nothing.
    for (const hint of [true, false]) {
      for (const over of ["udp", "tcp"] as const) {
        assert.equal(
          await ask(over, 4, 3, rpcb(over, hint ? `${HERE.udp}.0.111` : "", "x".repeat(9))),
          at(HERE.udp),
          over,
        );
      }
      for (const over of ["udp6", "tcp6"] as const) {
        assert.equal(
          await ask(over, 4, 3, rpcb(over, hint ? `${HERE.udp6}.0.111` : "", "x".repeat(9))),
          at(HERE.udp6),
          over,
        );
      }
    }
    assert.equal(await ask("udp", 2, 3, u32(A, 1, 17, 0)), `${SUCCESS}00000405`);
  });

  it("may neither SET nor UNSET", async () => {
    await start();
    for (const over of ["udp", "tcp", "udp6", "tcp6"] as const) {
      assert.equal(await ask(over, 4, 1, rpcb("tcp", "0.0.0.0.9.9")), TOO_WEAK, over);
      assert.equal(await ask(over, 4, 2, rpcb("tcp")), TOO_WEAK, over);
      assert.equal(await ask(over, 2, 2, u32(A, 1, 6, 0)), TOO_WEAK, over);
    }
    assert.deepEqual(new Set(refused()), new Set(["not-local"]));
    assert.equal(portmapper?.registry.findExact(A, 1, "tcp")?.owner, "superuser");
  });

  it("may, where that is switched on, and own what is unknown", async () => {
    await start({ insecure: true });
    assert.equal(await ask("tcp", 4, 1, rpcb("local", "/x")), `${SUCCESS}00000001`);
    assert.equal(portmapper?.registry.findExact(A, 1, "local")?.owner, "unknown");
    assert.equal(await ask("udp", 4, 2, rpcb("tcp")), `${SUCCESS}00000000`);
  });

  for (const over of ["udp", "udp6"] as const) {
    it(`get no reply over ${over} that is longer than their request`, async () => {
      await start();
      for (const [version, procedure, args] of [
        [2, 4, Buffer.alloc(0)],
        [3, 4, Buffer.alloc(0)],
        [4, 4, Buffer.alloc(0)],
        [4, 11, rpcb()],
        [4, 12, Buffer.alloc(0)],
        ...(over === "udp6" ? [[4, 7, bytes("::1.5.6")] as const] : []),
      ] as const) {
        const reply = await ask(over, version, procedure, args);
        assert.equal(reply, TOO_WEAK, `version ${version} procedure ${procedure}`);
      }
      assert.deepEqual(new Set(refused()), new Set(["reply-too-long"]));
    });
  }

  it("get them over tcp, and where the administrator says so", async () => {
    await start({ longUdpReplies: ["10.9.9.0/24"] });
    assert.ok((await ask("tcp", 4, 4)).startsWith(`${SUCCESS}00000001`));
    assert.ok((await ask("udp", 4, 4)).startsWith(`${SUCCESS}00000001`));
    assert.equal(await ask("udp6", 4, 4), TOO_WEAK);
  });

  it("get no answer to a datagram of another version of RPC that is shorter than the answer", async () => {
    await start();
    const argv = ["netns", "exec", OTHER, process.execPath, "-e", ASK, "udp", HERE.udp];
    assert.equal((await run("ip", [...argv, u32(7, 0, 3).toString("hex")])).stdout.trim(), SILENCE);
    assert.equal(
      (await run("ip", [...argv, u32(7, 0, 3, 1, 1, 0).toString("hex")])).stdout.trim(),
      u32(1, 1, 0, 2, 2).toString("hex"),
    );
  });

  it("are kept out by their network", async () => {
    await start({ allow: ["fd09::/64"] });
    for (const [version, procedure] of [
      [2, 0],
      [4, 0],
      [4, 4],
      [4, 6],
    ] as const) {
      assert.equal(await ask("tcp", version, procedure), TOO_WEAK);
      assert.equal(await ask("udp", version, procedure), TOO_WEAK);
    }
    assert.equal(await ask("udp6", 4, 0), SUCCESS);
    assert.equal(await ask("tcp6", 4, 0), SUCCESS);
    assert.deepEqual(new Set(refused()), new Set(["not-allowed"]));
  });
});
