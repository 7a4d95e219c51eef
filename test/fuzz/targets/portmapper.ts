/** The portmapper over tcp, udp and local: whatever comes, it neither crashes nor hangs, its views agree, and its memory stays. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "../../../src/portmapper/index.ts";
import { type RpcConnection, connect, parseUaddr } from "../../../src/runtime/index.ts";
import { RPCBPROG, RpcbprogV4 } from "../../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { message } from "../../interop/portmapper-table/raw.ts";
import { callsOf } from "../../interop/portmapper-table/row.ts";
import { scripts } from "../../interop/portmapper-table/rows.ts";
import { heldBytes } from "../../runtime/memory.ts";
import type { FuzzTarget } from "../harness.ts";
import { XID, spoilt, stream } from "../rpc-traffic.ts";

/** Milliseconds for one connection and two calls. */
const LIMIT_MS = 2000;
/** Iterations from one look at the memory to the next, and what may have been added by then since the first look. */
const LOOK_EVERY = 500;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
const NETIDS = ["tcp", "udp", "local"] as const;
const HOST = "127.0.0.1";
const MAX_ENTRIES = 500;

const target: FuzzTarget = {
  name: "portmapper",
  about: "the portmapper neither crashes nor hangs over spoilt calls, its views agree, and its memory stays",
  async run(context) {
    const calls = seeds();
    const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-fuzz-"));
    const path = join(folder, "s");
    const failures: unknown[] = [];
    await using portmapper = new Portmapper({
      host: HOST,
      port: 0,
      socket: path,
      limits: { maxEntries: MAX_ENTRIES, maxEntriesPerOwner: MAX_ENTRIES / 2 },
      // What has a port of its own is called there: nobody, where port 0 is spoilt into none that is in use.
      indirect: { timeoutMs: 20, maxPerSecond: 1_000_000 },
      onEvent: (event) => {
        if (event.kind === "failed") failures.push(event.error);
      },
    });
    const bound = await portmapper.listen();
    const port = parseUaddr(bound[0]?.address ?? "")?.port ?? 0;
    const healthy = await connect({ program: RPCBPROG, version: 4 }, { host: HOST, port, timeoutMs: 10_000 });
    let heldAtFirst: number | undefined;
    let count = 0;
    try {
      for (let random = context.next(); random !== undefined; random = context.next()) {
        const netid = random.pick(NETIDS);
        const choices = random;
        const messages = random.times(random.between(1, 4), () => spoilt(choices, choices.pick(calls), calls));
        const bytes = netid === "udp" ? (messages[0] as Buffer) : stream(random, messages);
        await context.attempt(Uint8Array.from(bytes), {
          check: async (input) => {
            await (netid === "udp"
              ? sendDatagram(port, input)
              : sendStream(netid === "tcp" ? { port, host: HOST } : { path }, input));
            await checkPortmapper(portmapper, healthy);
            assert.deepEqual(failures.splice(0), []);
          },
          limitMs: LIMIT_MS,
          about: netid,
        });
        if (count++ % LOOK_EVERY !== LOOK_EVERY - 1) continue;
        const held = heldBytes();
        heldAtFirst ??= held;
        assert(held - heldAtFirst < MAX_GROWTH_BYTES, `${held - heldAtFirst} bytes more after ${count} inputs`);
      }
    } finally {
      await healthy.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
export default target;

/** One call for each line of the table of procedures. */
function seeds(): Buffer[] {
  return scripts(0).flatMap(({ rows }) =>
    rows.flatMap((row) =>
      callsOf(row)
        .slice(0, 1)
        .map((call) => message(XID, call)),
    ),
  );
}

async function checkPortmapper({ registry }: Portmapper, healthy: RpcConnection): Promise<void> {
  const time = await healthy.call(RpcbprogV4.rpcbprocGettime, undefined);
  assert(Math.abs(time - Date.now() / 1000) < 3600);
  assert.equal(healthy.outstanding, 0);
  assert(registry.size <= MAX_ENTRIES);
  const all = registry.registrations();
  assert.equal(all.length, registry.size);
  for (const { program, version, netid, address } of all.slice(-20)) {
    assert.equal(registry.findExact(program, version, netid)?.address, address);
    assert(registry.onAllTransports(program, version).some((entry) => entry.netid === netid));
  }
  for (const { program, version, protocol, port } of registry.mappings().slice(-20)) {
    assert.equal(registry.findMapping(program, version, protocol)?.port, port);
  }
}

async function sendDatagram(port: number, bytes: Uint8Array): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise((resolve) => {
    socket.send(bytes, port, HOST, resolve);
  });
  socket.close();
}

async function sendStream(to: { port: number; host: string } | { path: string }, bytes: Uint8Array): Promise<void> {
  const socket = connectSocket(to);
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  // The server ends the connection when it has read the end of ours.
  socket.resume().end(bytes);
  await closed;
}
