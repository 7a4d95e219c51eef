import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { missing, skipSuite, run } from "./namespace.ts";
import { OURS, RPCBIND_SOCKET, REAL } from "./portmappers.ts";
import type { PortmapperKind } from "./portmappers.ts";

/* The same bytes to ours and to rpcbind, one call after the other: the replies are compared byte for byte. */

const ELSEWHERE = "10.1.1.1";
const A = 200_300;
const PORTMAPPER = 100_000;

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u32(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function rpcb(version: number, netid = "", address = "", program = A): Buffer {
  return Buffer.concat([u32(program, version), text(netid), text(address), text("someone")]);
}

interface Call {
  readonly over: "tcp" | "udp" | "local" | "elsewhere";
  readonly version: number;
  readonly procedure: number;
  readonly args: Buffer;
}

const NOTHING = Buffer.alloc(0);
const call = (over: Call["over"], version: number, procedure: number, args: Buffer): Call => ({
  over,
  version,
  procedure,
  args,
});
const dumps = (over: Call["over"] = "tcp"): Call[] => [2, 3, 4].map((version) => call(over, version, 4, NOTHING));

const SCRIPTS: Readonly<Record<string, readonly Call[]>> = {
  "their own entries": [...dumps("tcp"), ...dumps("udp"), ...dumps("local")],
  "NULL, wrong versions, wrong procedures, cut arguments": [
    ...[2, 3, 4, 1, 5].map((version) => call("tcp", version, 0, NOTHING)),
    ...[2, 3, 4].map((version) => call("udp", version, 99, NOTHING)),
    ...[2, 3, 4].flatMap((version) => [1, 2, 3].map((procedure) => call("tcp", version, procedure, u32(1)))),
    call("tcp", 2, 3, u32(A, 1, 6, 0, 9)),
  ],
  "SET of version 2, seen by all": [
    call("tcp", 2, 1, u32(A, 1, 6, 1000)),
    call("udp", 2, 1, u32(A, 1, 17, 1001)),
    call("local", 2, 1, u32(A, 2, 6, 1002)),
    call("tcp", 2, 1, u32(A, 1, 6, 1000)),
    call("tcp", 2, 1, u32(A, 1, 6, 1003)),
    call("tcp", 2, 1, u32(A, 1, 99, 1000)),
    call("tcp", 2, 1, u32(A, 3, 6, 0)),
    ...dumps(),
  ],
  "SET of versions 3 and 4, seen by all": [
    call("tcp", 3, 1, rpcb(1, "tcp", "0.0.0.0.4.5")),
    call("udp", 4, 1, rpcb(1, "udp", "0.0.0.0.4.6")),
    call("local", 4, 1, rpcb(1, "local", "/tmp/x")),
    call("local", 3, 1, rpcb(2, "tcp6", "::.4.7")),
    call("tcp", 4, 1, rpcb(1, "tcp", "0.0.0.0.4.5")),
    call("tcp", 4, 1, rpcb(1, "tcp", "0.0.0.0.4.9")),
    call("tcp", 4, 1, rpcb(3, "foo", "bar")),
    ...dumps(),
  ],
  "GETPORT and GETADDR, by version, transport and hint": [
    call("tcp", 2, 1, u32(A, 1, 6, 1000)),
    call("tcp", 2, 1, u32(A, 2, 6, 1002)),
    call("tcp", 2, 1, u32(A, 1, 17, 1001)),
    call("tcp", 4, 1, rpcb(1, "local", "/tmp/x")),
    ...[1, 2, 9].flatMap((version) => [
      ...[6, 17, 99].map((protocol) => call("tcp", 2, 3, u32(A, version, protocol, 0))),
      ...(["tcp", "udp", "local", "elsewhere"] as const).flatMap((over) => [
        call(over, 3, 3, rpcb(version, "udp")),
        call(over, 4, 3, rpcb(version)),
        call(over, 4, 3, rpcb(version, "", `${ELSEWHERE}.0.111`)),
      ]),
    ]),
    call("tcp", 2, 3, u32(A + 1, 1, 6, 0)),
    call("tcp", 4, 3, rpcb(1, "", "", A + 1)),
    call("elsewhere", 4, 3, rpcb(4, "", "", PORTMAPPER)),
  ],
  "SET and UNSET from an address that is not loopback": [
    ...[2, 3, 4].flatMap((version) =>
      [1, 2].map((procedure) =>
        call("elsewhere", version, procedure, version === 2 ? u32(A, 1, 6, 1000) : rpcb(1, "tcp", "0.0.0.0.4.5")),
      ),
    ),
    ...dumps(),
  ],
  "UNSET, of what there is and of what there is not": [
    ...["tcp", "udp", "tcp6", "local"].map((netid) => call("tcp", 4, 1, rpcb(1, netid, "0.0.0.0.4.5"))),
    ...["tcp", "udp"].map((netid) => call("tcp", 4, 1, rpcb(2, netid, "0.0.0.0.4.5"))),
    call("tcp", 4, 2, rpcb(9)),
    call("tcp", 4, 2, rpcb(0)),
    call("tcp", 4, 2, rpcb(1, "tcp", "9.9.9.9.9.9")),
    ...dumps(),
    call("tcp", 2, 2, u32(A, 2, 0, 0)),
    call("tcp", 2, 2, u32(A, 2, 0, 0)),
    ...dumps(),
    call("tcp", 4, 2, rpcb(1)),
    ...dumps(),
  ],
  "UNSET of what root registered": [
    call("local", 4, 1, rpcb(1, "tcp", "0.0.0.0.4.5")),
    call("tcp", 4, 2, rpcb(1, "tcp")),
    call("udp", 3, 2, rpcb(1)),
    call("tcp", 2, 2, u32(A, 1, 6, 0)),
    call("tcp", 4, 2, rpcb(4, "", "", PORTMAPPER)),
    ...dumps(),
    call("local", 4, 2, rpcb(1)),
    ...dumps(),
  ],
};

async function ask({ over, version, procedure, args }: Call): Promise<string> {
  const message = Buffer.concat([u32(7, 0, 2, PORTMAPPER, version, procedure, 0, 0, 0, 0), args]);
  if (over === "udp") {
    const socket = createSocket("udp4");
    socket.send(message, 111, "127.0.0.1");
    const [reply] = (await once(socket, "message", { signal: AbortSignal.timeout(5000) })) as [Buffer];
    socket.close();
    return reply.toString("hex");
  }
  const socket =
    over === "local"
      ? connect({ path: RPCBIND_SOCKET })
      : connect({
          port: 111,
          ...(over === "elsewhere" ? { host: ELSEWHERE, localAddress: ELSEWHERE } : { host: "127.0.0.1" }),
        });
  socket.write(Buffer.concat([u32(0x8000_0000 + message.length), message]));
  let received: Buffer = NOTHING;
  try {
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      if (received.length >= 4 && received.length >= 4 + (received.readUInt32BE() & 0x7fff_ffff)) break;
    }
  } finally {
    socket.destroy();
  }
  return received.subarray(4).toString("hex");
}

async function replies({ start }: PortmapperKind): Promise<Map<string, string[]>> {
  const all = new Map<string, string[]>();
  for (const [name, calls] of Object.entries(SCRIPTS)) {
    const portmapper = await start();
    try {
      const answers: string[] = [];
      for (const each of calls) {
        answers.push(`${each.over} version ${each.version} procedure ${each.procedure}: ${await ask(each)}`);
      }
      all.set(name, answers);
    } finally {
      await portmapper.end();
    }
  }
  return all;
}

describe("interop: our portmapper answers the same bytes as rpcbind", function () {
  this.timeout(60_000);
  let ours = new Map<string, string[]>();
  let real = new Map<string, string[]>();

  before(async function () {
    const reason = await missing({ ...REAL.needs, commands: { rpcbind: "rpcbind", ip: "iproute2" } });
    if (reason !== undefined) skipSuite(this, reason);
    await run("ip", ["address", "add", `${ELSEWHERE}/24`, "dev", "lo"]);
    try {
      real = await replies(REAL);
      ours = await replies(OURS);
    } finally {
      await run("ip", ["address", "delete", `${ELSEWHERE}/24`, "dev", "lo"]);
    }
  });

  for (const [name, calls] of Object.entries(SCRIPTS)) {
    it(name, () => {
      assert.equal(real.get(name)?.length, calls.length);
      assert.deepEqual(ours.get(name), real.get(name));
    });
  }
});
