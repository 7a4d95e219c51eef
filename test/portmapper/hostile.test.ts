import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Socket, connect as connectSocket } from "node:net";
import { Portmapper } from "../../src/portmapper/index.ts";
import { MAX_CALL_BYTES, MAX_STATISTICS_LINES } from "../../src/portmapper/limits.ts";
import { type RpcConnection, connect, parseUaddr } from "../../src/runtime/index.ts";
import { PmapProgV2 } from "../../src/runtime/rpcbind/gen/pmap_prot.ts";
import { RPCBPROG, RpcbprogV4 } from "../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { message, u32 } from "../interop/portmapper-table/raw.ts";
import { heldBytes, settledBytes } from "../runtime/memory.ts";

const HOST = "127.0.0.1";
const MIB = 1024 * 1024;
const PROGRAM = 200_300;

/* CVE-2017-8779, the "rpcbomb": lengths in a call for which rpcbind took memory, and kept it. */
const PROMISED = 0xffff_fff0;
const BOMBS: readonly Buffer[] = [
  ...[3, 4].flatMap((version) => [
    ...[1, 2, 3].map((procedure) => ({ version, procedure, args: u32(PROGRAM, 1, PROMISED) })),
    { version, procedure: 5, args: u32(PROGRAM, 1, 0, PROMISED) },
    { version, procedure: 7, args: u32(PROMISED) },
    { version, procedure: 8, args: u32(PROMISED, PROMISED) },
  ]),
  { version: 2, procedure: 5, args: u32(PROGRAM, 1, 0, PROMISED) },
  { version: 4, procedure: 10, args: u32(PROGRAM, 1, 0, PROMISED) },
].map((call, i) => message(i, { over: "tcp", ...call }));

const record = (content: Buffer): Buffer => Buffer.concat([u32(0x8000_0000 + content.length), content]);

describe("portmapper: what outsiders send takes no memory without end", function () {
  this.timeout(60_000);
  let portmapper: Portmapper;
  let port = 0;
  let healthy: RpcConnection;

  beforeEach(async () => {
    portmapper = new Portmapper({ host: HOST, port: 0, indirect: true });
    const bound = await portmapper.listen();
    port = parseUaddr(bound[0]?.address ?? "")?.port ?? 0;
    healthy = await connect({ program: RPCBPROG, version: 4 }, { host: HOST, port, timeoutMs: 20_000 });
  });
  afterEach(async () => {
    await healthy.close();
    await portmapper.close();
  });

  async function open(): Promise<Socket> {
    const socket = connectSocket({ port, host: HOST });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }

  it("a length of gigabytes over tcp", async () => {
    const before = await settledBytes();
    const socket = await open();
    socket.resume();
    const bombs = Buffer.concat(BOMBS.map(record));
    for (let i = 0; i < 2000; i++) {
      if (!socket.write(bombs)) await once(socket, "drain");
    }
    const grown = heldBytes() - before;
    assert.ok(grown < 32 * MIB, `${grown} bytes more`);
    const closed = once(socket, "close");
    socket.end();
    await closed;
    assert.ok((await settledBytes()) - before < 8 * MIB);
    await healthy.call(RpcbprogV4.rpcbprocGettime, undefined);
  });

  it("a length of gigabytes over udp", async () => {
    const before = await settledBytes();
    const socket = createSocket("udp4");
    for (let i = 0; i < 1000; i++) {
      await Promise.all(
        BOMBS.map((bomb) => new Promise((resolve) => { socket.send(bomb, port, HOST, resolve); })), // prettier-ignore
      );
    }
    await healthy.call(RpcbprogV4.rpcbprocGettime, undefined);
    const grown = (await settledBytes()) - before;
    assert.ok(grown < 8 * MIB, `${grown} bytes more`);
    socket.close();
  });

  it("a record that is longer than any call ends its connection", async () => {
    const socket = await open();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(u32(0x8000_0000 + MAX_CALL_BYTES + 1));
    socket.write(Buffer.alloc(MAX_CALL_BYTES + 1));
    await closed;
  });

  it("DUMP asked for a thousand times at once by someone who reads nothing", async () => {
    for (let version = 0; version < 8000; version++) {
      const entry = { program: PROGRAM, version, netid: "tcp", address: "0.0.0.0.4.5", owner: "superuser" };
      assert.ok(portmapper.registry.set(entry));
    }
    const before = await settledBytes();
    const dump = record(message(1, { over: "tcp", version: 4, procedure: 4, args: Buffer.alloc(0) }));
    const socket = await open();
    socket.pause();
    socket.write(Buffer.concat(new Array<Buffer>(1000).fill(dump)));
    // They have been read when this is answered, which was sent later: both sockets are read in the same turns.
    for (let i = 0; i < 20; i++) await healthy.call(RpcbprogV4.rpcbprocGettime, undefined);
    const grown = heldBytes() - before;
    // A thousand replies are half a gigabyte.
    assert.ok(grown < 64 * MIB, `${grown} bytes more`);
    socket.destroy();
  });

  it("pipelined DUMPs are answered, each and in turn", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => healthy.call(PmapProgV2.pmapprocDump, undefined)),
    );
    for (const answer of answers) assert.equal(answer?.map.prog, RPCBPROG);
  });

  it("questions for ever other programs make no endless statistics", async () => {
    const programs = Array.from({ length: MAX_STATISTICS_LINES + 100 }, (_, i) => i + 1);
    await Promise.all(
      programs.map((prog) => healthy.call(PmapProgV2.pmapprocGetport, { prog, vers: 1, prot: 6, port: 0 })),
    );
    const [second] = portmapper.statistics.snapshot();
    let lines = 0;
    for (let line = second?.addrinfo ?? null; line !== null; line = line.next) lines++;
    assert.equal(lines, MAX_STATISTICS_LINES);
    assert.equal(second?.info[3], MAX_STATISTICS_LINES + 100);
    assert.deepEqual(portmapper.statistics.lookupTotals(2), { found: 0, missed: MAX_STATISTICS_LINES + 100 });
  });
});
