import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PosixSharedMemory, Ring, type Mapping, type RingDeath } from "../../src/ipc/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import { stopProducer, type PeerOptions } from "./ring-peer.ts";

const script = fileURLToPath(new URL("ring-peer.js", import.meta.url));
const ringBytes = 64 * 1024;

describe("a ring between processes", () => {
  const name = `/tsrpcgen-ring-${process.pid}`;
  let mapping: Mapping;
  let ring: Ring;
  let children: ChildProcess[] = [];

  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  afterEach(async () => {
    for (const child of children) await kill(child);
    children = [];
    ring.close();
    PosixSharedMemory.unlink(name);
  });

  /** A ring, and behind it a byte for each record. */
  function make(producers: number, count: number, lone = false): Uint8Array {
    using memory = PosixSharedMemory.open(name, { create: true, exclusive: true, size: ringBytes + producers * count });
    mapping = memory.map();
    const many = lone ? "one" : "many";
    Ring.format(mapping, { length: ringBytes, producers: many, consumers: many });
    ring = Ring.open(mapping);
    return mapping.bytes.subarray(ringBytes);
  }

  async function start(options: Omit<PeerOptions, "name" | "log">): Promise<{ child: ChildProcess; lines: Lines }> {
    const argument = JSON.stringify({ ...options, name, log: ringBytes });
    const child = spawn(process.execPath, [script, argument], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    assert.equal((await lines.next()).value, "ready");
    return { child, lines };
  }

  function stop(consumers: number): Promise<unknown> {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, stopProducer);
    return Promise.all(Array.from({ length: consumers }, () => ring.push(bytes)));
  }

  async function run(producers: number, consumers: number, count: number, lone: boolean): Promise<void> {
    const log = make(producers, count, lone);
    const options = { count, async: false };
    const taking = await Promise.all(
      Array.from({ length: consumers }, (_, id) => start({ ...options, role: "consume", id, async: id === 1 })),
    );
    const giving = await Promise.all(
      Array.from({ length: producers }, (_, id) => start({ ...options, role: "produce", id, async: id === 1 })),
    );
    for (const { lines } of giving) assert.equal((await lines.next()).value, `${count} 0`);
    await stop(consumers);
    let popped = 0;
    for (const { lines } of taking) popped += Number(String((await lines.next()).value).split(" ")[1]);
    assert.equal(popped, producers * count + consumers);
    const wrong = log.findIndex((times) => times !== 1);
    assert.equal(wrong, -1, `record ${wrong} came ${log[wrong] ?? ""} times`);
    assert.deepEqual([ring.length, ring.freeBytes], [0, ring.capacity]);
    assert.deepEqual(ring.deaths(), []);
  }

  it("several producers and consumers: no record lost, none twice, each producer's in order", async function () {
    this.timeout(60_000);
    await run(3, 3, 70_000, false);
  });

  it("one of each, without a lock", async function () {
    this.timeout(60_000);
    await run(1, 1, 100_000, true);
  });

  it("killed in the middle of whatever they did: the others go on, and the books are right to the record", async function () {
    this.timeout(60_000);
    // More than any of them comes to.
    const count = 2_000_000;
    const kills = 20;
    const log = make(kills + 4, count);
    let nextId = 0;
    const begin = (role: "produce" | "consume"): ReturnType<typeof start> =>
      start({ role, id: role === "produce" ? nextId++ : 0, count, async: false });
    const running = { produce: [await begin("produce")], consume: [await begin("consume")] };
    running.produce.push(await begin("produce"));
    running.consume.push(await begin("consume"));
    const ids = new Map<number, number>([
      [pidOf(running.produce[0]), 0],
      [pidOf(running.produce[1]), 1],
    ]);
    const deaths: RingDeath[] = [];
    for (let round = 0; round < kills; round++) {
      const role = round % 2 === 0 ? "produce" : "consume";
      // Until the others have moved on, by a number of bytes that differs each time.
      await passed(ring, 50 + ((round * 7919) % 200));
      const victim = running[role].shift();
      await kill(victim?.child);
      deaths.push(...ring.deaths());
      const fresh = await begin(role);
      if (role === "produce") ids.set(pidOf(fresh), nextId - 1);
      running[role].push(fresh);
    }
    for (const { child } of running.produce) await kill(child);
    deaths.push(...ring.deaths());
    while (ring.length > 0) await new Promise(setImmediate);
    for (const { child } of running.consume) await kill(child);
    deaths.push(...ring.deaths());

    assert.equal(deaths.length, kills + 4);
    const sum = (of: (death: RingDeath) => number): number => deaths.reduce((total, death) => total + of(death), 0);
    assert.equal(
      sum(({ pushed }) => pushed),
      sum(({ popped }) => popped),
    );
    let logged = 0;
    for (const { pid, pushed, role } of deaths) {
      const id = ids.get(pid);
      if (id === undefined) continue;
      assert(role === "producer" || role === "none", role);
      const records = log.subarray(id * count, (id + 1) * count);
      for (const times of records.subarray(0, pushed)) {
        assert(times <= 1);
        logged += times;
      }
      assert.equal(
        records.subarray(pushed).findIndex((times) => times !== 0),
        -1,
      );
    }
    // A consumer that was killed between its pop and its note has one record, which its count tells of.
    const unnoted = sum(({ popped }) => popped) - logged;
    const consumers = deaths.filter(({ pid }) => !ids.has(pid)).length;
    assert(unnoted >= 0 && unnoted <= consumers, `${unnoted} popped and not noted by ${consumers}`);
  });

  it("what another process scribbles into the memory: errors, and nothing worse", async function () {
    this.timeout(60_000);
    make(1, 1000);
    await start({ role: "scribble", id: 0, count: 1000, async: false });
    const codes = new Map<string, number>();
    const attempt = (call: () => unknown): void => {
      try {
        call();
      } catch (error) {
        const { code = String(error) } = error as { code?: string };
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    };
    const end = performance.now() + 1500;
    let rounds = 0;
    for (; performance.now() < end; rounds++) {
      const { signal } = new AbortController();
      attempt(() => ring.tryPush(new Uint8Array(rounds % 3000)));
      attempt(() => ring.tryPop());
      attempt(() => {
        ring.pushSync(new Uint8Array(rounds % 300), { timeoutMs: 1 });
      });
      attempt(() => ring.popSync({ timeoutMs: 1 }));
      attempt(() => ring.length);
      if (rounds % 64 === 0) attempt(() => ring.deaths());
      if (rounds % 16 === 0) {
        await ring.pop({ timeoutMs: 1, signal }).catch((error: unknown) => {
          attempt(() => {
            throw error;
          });
        });
      }
      // What was written lasts, so a new ring is made of it again and again.
      attempt(() => {
        ring.close();
        Ring.format(mapping, { length: ringBytes });
        ring = Ring.open(mapping);
      });
    }
    assert(rounds > 10);
    const unexpected = [...codes.keys()].filter((code) => !expectedCodes.has(code));
    assert.deepEqual(unexpected, []);
    assert((codes.get("RING_CORRUPT") ?? 0) > 0, "it noticed");
  });
});

type Lines = AsyncIterableIterator<string>;

/** What a scribbled memory may lead to. */
const expectedCodes = new Set(["RING_CORRUPT", "ETIMEDOUT", "ENOTSUP", "ENOSPC", "EBUSY", "EBADF"]);

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

function pidOf(peer: { child: ChildProcess } | undefined): number {
  assert(peer?.child.pid !== undefined);
  return peer.child.pid;
}

/** Until that many records have been popped, looking at how the ring moves. */
async function passed(ring: Ring, changes: number): Promise<void> {
  let seen = ring.freeBytes;
  for (let count = 0; count < changes;) {
    await new Promise(setImmediate);
    const now = ring.freeBytes;
    if (now !== seen) count += 1;
    seen = now;
  }
}
