import assert from "node:assert/strict";
import { type Mapping, PosixSharedMemory, Ring } from "../../src/ipc/index.ts";
import { Random } from "../fuzz/random.ts";
import { whyNoAddon } from "../native/addon.ts";
import { SEED } from "../runtime/faults/proxy.ts";
import { type Channel, Processes } from "./channel-processes.ts";
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
    const deaths = await processes.runKilled(cast, 1000, 6, random);
    const held = deaths.filter(({ pushEnd, popEnd }) => pushEnd !== "free" || popEnd !== "free");
    assert(held.length > 0);
  });
});
