import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Portmapper, type PortmapperEvent } from "../../src/portmapper/index.ts";
import { isGone, ownerProcess } from "../../src/portmapper/owner-process.ts";
import { RpcServer } from "../../src/runtime/index.ts";
import { PROGRAM, VERSION, testService } from "../runtime/support.ts";

const HOST = "127.0.0.1";

describe("portmapper: pruning", () => {
  const events: PortmapperEvent[] = [];
  const pruned = (): string[] =>
    events.flatMap((event) => (event.kind === "pruned" ? [`${event.registration.program} ${event.reason}`] : []));
  let portmapper: Portmapper;
  let server: RpcServer;

  beforeEach(async () => {
    portmapper = new Portmapper({
      host: HOST,
      port: 0,
      prune: { timeoutMs: 2000, failures: 2 },
      onEvent: (event) => events.push(event),
    });
    await portmapper.listen();
    server = new RpcServer().add(testService());
  });
  afterEach(async () => {
    await server.close();
    await portmapper.close();
    events.length = 0;
  });

  /** An address where nobody listens. */
  async function freeAddress(): Promise<string> {
    const listener = createServer();
    await once(listener.listen({ host: HOST, port: 0 }), "listening");
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, "close");
    return `${HOST}.${port >> 8}.${port & 0xff}`;
  }

  it("keeps what answers, over each transport, and the portmapper itself", async () => {
    for (const { netid, uaddr } of await server.listen({ host: HOST, portmap: "off" })) {
      const entry = { program: PROGRAM, version: VERSION, netid, address: uaddr, owner: "superuser" };
      assert.ok(portmapper.registry.set(entry));
      // The server lives, though it has no such version.
      assert.ok(portmapper.registry.set({ ...entry, version: VERSION + 1 }));
    }
    const { size } = portmapper.registry;
    for (let round = 0; round < 3; round++) assert.deepEqual(await portmapper.prune(), []);
    assert.equal(portmapper.registry.size, size);
  });

  it("removes what has not answered for some rounds, another program in its place among it", async () => {
    const bound = await server.listen({ host: HOST, udp: false, local: false, portmap: "off" });
    const entry = { program: 7, version: 1, netid: "tcp", address: await freeAddress(), owner: "unknown" };
    assert.ok(portmapper.registry.set(entry));
    assert.ok(portmapper.registry.set({ ...entry, program: 8, address: bound[0]?.uaddr ?? "" }));
    assert.ok(portmapper.registry.set({ ...entry, program: 9, netid: "local", address: "/nowhere/s" }));
    assert.deepEqual(await portmapper.prune(), []);
    const removed = await portmapper.prune();
    assert.deepEqual(removed.map(({ program }) => program).sort(), [7, 8, 9]);
    assert.deepEqual(pruned().sort(), ["7 no-answer", "8 no-answer", "9 no-answer"]);
    assert.equal(portmapper.registry.find(7, 1, "tcp"), undefined);
  });

  it("removes at once what does not answer and has lost its process", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
    await once(child, "spawn");
    const process_ = ownerProcess(child.pid ?? 0);
    assert.ok(process_ !== undefined);
    const entry = {
      program: 7,
      version: 1,
      netid: "tcp",
      address: await freeAddress(),
      owner: "unknown",
      process: process_,
    };
    assert.ok(portmapper.registry.set(entry));
    assert.deepEqual(await portmapper.prune(), []);
    child.stdin.end();
    await once(child, "close");
    assert.equal(isGone(process_), true);
    assert.deepEqual(await portmapper.prune(), [entry]);
    assert.deepEqual(pruned(), ["7 process-gone"]);
  });

  it("keeps what answers though its process is gone: another may have its socket", async () => {
    const [tcp] = await server.listen({ host: HOST, udp: false, local: false, portmap: "off" });
    const gone = { pid: process.pid, startTicks: 1 };
    assert.equal(isGone(gone), process.platform === "linux");
    const entry = {
      program: PROGRAM,
      version: VERSION,
      netid: "tcp",
      address: tcp?.uaddr ?? "",
      owner: "0",
      process: gone,
    };
    assert.ok(portmapper.registry.set(entry));
    assert.deepEqual(await portmapper.prune(), []);
    assert.deepEqual(await portmapper.prune(), []);
  });

  it("asks no other host, and leaves what it can't ask", async () => {
    const entry = { program: 7, version: 1, netid: "tcp", address: "203.0.113.9.8.1", owner: "unknown" };
    assert.ok(portmapper.registry.set(entry));
    assert.ok(portmapper.registry.set({ ...entry, netid: "foo" }));
    assert.ok(portmapper.registry.set({ ...entry, netid: "udp", address: "junk" }));
    for (let round = 0; round < 3; round++) assert.deepEqual(await portmapper.prune(), []);
  });

  it("does nothing where it is not asked for", async () => {
    await using plain = new Portmapper({ host: HOST, port: 0 });
    assert.ok(
      plain.registry.set({ program: 7, version: 1, netid: "tcp", address: await freeAddress(), owner: "unknown" }),
    );
    assert.deepEqual(await plain.prune(), []);
    assert.throws(() => new Portmapper({ prune: { failures: 0 } }), RangeError);
    assert.throws(() => new Portmapper({ prune: { intervalMs: NaN } }), RangeError);
  });

  it("knows its own process, and none that there is not", () => {
    const own = ownerProcess(process.pid);
    assert.ok(own !== undefined);
    assert.equal(isGone(own), false);
    assert.equal(ownerProcess(0x3fff_ffff), undefined);
  });
});
