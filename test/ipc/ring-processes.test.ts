import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { type Mapping, PosixSharedMemory, Ring } from "../../src/ipc/index.ts";
import { Random } from "../fuzz/random.ts";
import { whyNoAddon } from "../native/addon.ts";
import { SEED } from "../runtime/faults/proxy.ts";
import { type Channel, kill, Processes } from "./channel-processes.ts";
import { startScript } from "./node-script.ts";
import { skipFor } from "./skip.ts";

const MILLION = 1_000_000;

/** Where the words of the ends' locks lie: native/src/ring/layout.h. */
const [pushLock, popLock] = [128 + 8, 384 + 8];

describe(`a ring between processes (TSRPC_SEED=${SEED})`, function () {
  this.timeout(120_000);
  const name = `/tsrpcgen-ring-${process.pid}`;
  let ring: Ring;
  let ringMapping: Mapping;

  before(function () {
    skipFor(this, whyNoAddon());
  });

  afterEach(() => {
    ring.close();
    PosixSharedMemory.unlink(name);
  });

  function make(many: "one" | "many", size = 64 * 1024): Channel {
    using memory = PosixSharedMemory.open(name, { create: true, exclusive: true, size });
    ringMapping = memory.map();
    Ring.format(ringMapping, { producers: many, consumers: many });
    ring = Ring.open(ringMapping);
    return {
      kind: "ring",
      name,
      get length() {
        return ring.length;
      },
      push: (bytes) => ring.push(bytes),
      deaths: () => ring.deaths(),
    };
  }

  const lengths = [8, 128] as const;

  it("a million records, four producers, four consumers: none lost, none twice, each producer's in order", async () => {
    await using processes = new Processes(make("many"));
    const forms = ["sync", "sync", "sync", "async"] as const;
    await processes.run({ producers: forms, consumers: forms, lengths }, MILLION);
    assert.deepEqual([ring.length, ring.freeBytes], [0, ring.capacity]);
  });

  it("one of each, without a lock", async () => {
    await using processes = new Processes(make("one"));
    await processes.run({ producers: ["sync"], consumers: ["sync"], lengths }, 100_000);
  });

  it("the one producer's end goes from process to process: closed, garbage, killed", async () => {
    make("one");
    const record = Uint8Array.of(1);
    const busy = (): void => {
      assert.throws(() => ring.tryPush(record), { code: "EBUSY", syscall: "ring" });
    };
    /** A process that has the end. It goes on living when it has let go of it. */
    async function owner(letGo: string): Promise<{ child: ChildProcess; line: () => Promise<unknown> }> {
      const source = `
        const own = () => ipc.Ring.open(ipc.PosixSharedMemory.open(${JSON.stringify(name)}).map());
        let ring = own();
        ring.pushSync(new Uint8Array(1));
        console.log("has it");
        process.stdin.once("data", async () => { ${letGo}; console.log("let go of it"); });`;
      const child = startScript(source, ["pipe", "pipe", "inherit"]);
      assert(child.stdout !== null);
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const line = async (): Promise<unknown> => (await lines.next()).value;
      assert.equal(await line(), "has it");
      return { child, line };
    }
    const collected = "ring = undefined; await new Promise(setImmediate); gc(); await new Promise(setImmediate)";
    for (const letGo of ["ring.close()", collected]) {
      const { child, line } = await owner(letGo);
      try {
        busy();
        child.stdin?.write("go\n");
        assert.equal(await line(), "let go of it");
        // At the moment that it is heard of, in a process that lives.
        assert(ring.tryPush(record), letGo);
        ring.close();
        ring = Ring.open(ringMapping);
      } finally {
        await kill(child);
      }
    }
    const { child } = await owner("");
    busy();
    await kill(child);
    assert(ring.tryPush(record));
    assert.equal(ring.length, 6);
  });

  it("each killed at some moment of a million: the others go on, and the books are right to the record", async () => {
    await using processes = new Processes(make("many"));
    const forms = ["sync", "async", "sync", "sync"] as const;
    const cast = { producers: forms, consumers: forms, lengths };
    await processes.runKilled(cast, MILLION, 4, new Random(SEED));
  });

  it("each killed while it holds an end, most likely: it is told, and the others get hold of it", async () => {
    await using processes = new Processes(make("many", 4_000_000));
    const forms = ["sync", "sync", "async"] as const;
    const random = new Random(SEED);
    const words = new DataView(ringMapping.buffer);
    // native/src/ring/layout.h: the lock's word has the slot of its holder, and one; the slot begins with its pid.
    const holder = (lock: number): number | undefined => {
      const slot = words.getUint32(lock, true) & 0xff;
      return slot === 0 ? undefined : words.getInt32(640 + 128 * (slot - 1), true);
    };
    const busy = (): number | undefined => holder(random.pick([pushLock, popLock]));
    // It takes a while to copy such a record.
    const cast = { producers: forms, consumers: forms, lengths: [200_000, 900_000], busy } as const;
    const deaths = await processes.runKilled(cast, 500, 6, random);
    const held = deaths.filter(({ pushEnd, popEnd }) => pushEnd !== "free" || popEnd !== "free");
    assert(held.length > 0);
  });
});
