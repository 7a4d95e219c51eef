import assert from "node:assert/strict";
import { Memfd, Ring, type Mapping } from "../../src/ipc/index.ts";
import { skipUnlessIpc } from "./descriptors.ts";

/** A ring of one producer and one consumer, which JavaScript uses without the addon where it can. */
describe("Ring, one of each", () => {
  const capacity = 1024;
  let mapping: Mapping;
  let producer: Ring;
  let consumer: Ring;
  const positions = { push: 128, pop: 384 };
  /** A unit of the header, as it lies there. */
  const hex = (at: number): string => Buffer.from(mapping.bytes.subarray(at, at + 8)).toString("hex");

  before(skipUnlessIpc);
  beforeEach(() => {
    using memory = Memfd.create("ring-direct", { size: Ring.bytesFor(capacity) });
    mapping = memory.map();
    Ring.format(mapping, { producers: "one", consumers: "one" });
    producer = Ring.open(mapping);
    consumer = Ring.open(mapping);
  });
  afterEach(() => {
    producer.close();
    consumer.close();
    mapping.close();
  });

  const record = (n: number): Uint8Array => Uint8Array.from({ length: (n * 37) % 120 }, (_, i) => n + i);
  const pass = (n: number): void => {
    assert(producer.tryPush(record(n)));
    assert.deepEqual(consumer.tryPop(), record(n));
  };

  it("the header's and a record's bytes are the addon's, by the second operation as by the first", () => {
    for (const n of [1, 2]) {
      assert(producer.tryPush(Uint8Array.of(n, 2, 3)));
      assert.equal(hex(positions.push), `0${2 * n}0000000${n}000000`);
      assert.equal(hex(8704 + 16 * (n - 1)), "03000000fcffffff");
      assert.equal(hex(8704 + 16 * (n - 1) + 8), `0${n}02030000000000`);
      assert.deepEqual(consumer.tryPop(), Uint8Array.of(n, 2, 3));
      assert.equal(hex(positions.pop), `0${2 * n}0000000${n}000000`);
      // The producer's intent of pushing, and the consumer's of popping.
      for (const intent of [640 + 24, 640 + 128 + 48]) {
        assert.equal(hex(intent), `0${n}00000000000000`);
        assert.equal(hex(intent + 8), `0${n}00000000000000`);
        assert.equal(hex(intent + 16), "ff".repeat(8));
      }
    }
    assert.deepEqual([producer.pushed, consumer.popped, producer.length], [2, 2, 0]);
  });

  it("mixes with the addon's operations, through many turns", () => {
    for (let n = 0; n < 20_000; n += 1) {
      if (n % 7 === 3) producer.pushSync(record(n));
      else assert(producer.tryPush(record(n)));
      if (n % 11 === 5) assert.deepEqual(consumer.popSync(), record(n));
      else assert.deepEqual(consumer.tryPop({ spinUs: n % 3 }), record(n));
    }
    assert.deepEqual([producer.pushed, consumer.popped], [20_000, 20_000]);
    assert.deepEqual([consumer.length, consumer.freeBytes], [0, capacity]);
  });

  it("looks with the thread, and no longer than the call may take", () => {
    for (let n = 0; n < 300; n += 1) {
      producer.pushSync(record(n), { spinUs: 10, timeoutMs: 1000 });
      assert.deepEqual(consumer.popSync({ spinUs: 10, timeoutMs: 1000 }), record(n));
    }
    const options = { spinUs: 1e9, timeoutMs: 1 };
    assert.throws(() => consumer.popSync(options), { code: "ETIMEDOUT" });
    while (producer.tryPush(record(3)));
    assert.throws(
      () => {
        producer.pushSync(record(3), options);
      },
      { code: "ETIMEDOUT" },
    );
    assert.throws(() => {
      producer.pushSync(record(3), { timeoutMs: -1 });
    }, RangeError);
    assert.deepEqual([producer.pushed, consumer.popped], [300 + producer.length, 300]);
    for (const spinUs of [-1, 0.5, Infinity, NaN, "5" as unknown as number]) {
      assert.throws(() => consumer.tryPop({ spinUs }), RangeError);
      assert.throws(() => consumer.popSync({ spinUs }), RangeError);
      assert.throws(() => {
        producer.pushSync(record(3), { spinUs });
      }, RangeError);
    }
  });

  it("is full to the byte, whatever was popped since it was last looked at", () => {
    for (let n = 0; n < 3; n += 1) pass(n);
    for (let round = 0; round < 200; round += 1) {
      let pushed = 0;
      while (producer.tryPush(record(pushed + round))) pushed += 1;
      assert(producer.freeBytes < 8 + 120);
      for (let n = 0; n < pushed; n += 1) assert.deepEqual(consumer.tryPop(), record(n + round));
      assert.equal(consumer.tryPop(), undefined);
    }
  });

  it("is full where the addon has filled it, however many turns it made meanwhile", () => {
    // With its header 64.
    const bytes = new Uint8Array(56);
    for (let n = 0; n < 3; n += 1) pass(n);
    for (let meanwhile = 0; meanwhile < 100; meanwhile += 1) {
      assert(producer.tryPush(bytes.fill(meanwhile)));
      assert.equal(consumer.tryPop()?.[0], meanwhile);
      for (let n = 0; n < meanwhile; n += 1) {
        producer.pushSync(bytes);
        consumer.tryPop();
      }
      for (let n = 0; producer.freeBytes >= 64; n += 1) producer.pushSync(bytes.fill(n));
      assert(!producer.tryPush(bytes.fill(99)));
      for (let n = 0; n < capacity / 64; n += 1) assert.equal(consumer.tryPop()?.[0], n);
      assert.equal(consumer.tryPop(), undefined);
    }
  });

  it("wakes who sleeps at the other end, and tells who has armed it", async () => {
    pass(0);
    let told = 0;
    producer.close();
    producer = Ring.open(mapping, { wakePeer: () => (told += 1) });
    pass(1);
    pass(2);
    const waiting = consumer.pop();
    // Its thread sleeps: its bit is set.
    while (hex(512) === "00".repeat(8)) await new Promise(setImmediate);
    assert(producer.tryPush(record(3)));
    assert.deepEqual(await waiting, record(3));
    assert(consumer.armPop());
    assert(producer.tryPush(record(4)));
    assert(producer.tryPush(record(5)));
    assert.equal(told, 1);
  });

  it("says where it has no fence: not where it tells, nor in calls that the addon makes", () => {
    // Elsewhere all calls are the addon's.
    const direct = process.arch === "x64" ? 1 : 0;
    /** Of who sleeps until a push, and until a pop. */
    const unfenced = (): number[] => [
      ...new Uint32Array(mapping.buffer, 512 + 12, 1),
      ...new Uint32Array(mapping.buffer, 256 + 12, 1),
    ];
    for (const n of [1, 2, 3]) {
      producer.pushSync(record(n));
      assert.deepEqual(consumer.popSync(), record(n));
    }
    assert.deepEqual(unfenced(), [0, 0]);
    producer.close();
    producer = Ring.open(mapping, { wakePeer: () => undefined });
    pass(1);
    assert.deepEqual(unfenced(), [0, direct]);
    producer.close();
    producer = Ring.open(mapping);
    pass(2);
    assert.deepEqual(unfenced(), [direct, direct]);
    Ring.format(mapping);
    assert.deepEqual(unfenced(), [0, 0]);
  });

  it("who sleeps unseen, since each looked before it could see the other, looks once more", async () => {
    pass(0);
    pass(1);
    /** Who waits at an end sleeps, and what the other one sees says that nobody does. */
    const unseen = async (asleep: number): Promise<void> => {
      while (hex(asleep) === "00".repeat(8)) await new Promise(setImmediate);
      mapping.bytes.fill(0, asleep, asleep + 8);
    };
    const popped = consumer.pop({ timeoutMs: 5000 });
    await unseen(512);
    assert(producer.tryPush(record(2)));
    assert.deepEqual(await popped, record(2));
    while (producer.tryPush(record(3)));
    const pushed = producer.push(record(3), { timeoutMs: 5000 });
    await unseen(256);
    assert.deepEqual(consumer.tryPop(), record(3));
    await pushed;
  });

  it("who is told of a pop may pop too", () => {
    let inner: Uint8Array | undefined;
    using own = Ring.open(mapping, { wakePeer: () => (inner = own.tryPop()) });
    consumer.close();
    for (const round of ["the addon's", "ours"]) {
      assert(producer.tryPush(Uint8Array.of(1)));
      assert(producer.tryPush(Uint8Array.of(2)));
      while (producer.tryPush(record(3)));
      assert(producer.armPush(120));
      assert.deepEqual(own.tryPop(), Uint8Array.of(1), round);
      assert.deepEqual(inner, Uint8Array.of(2), round);
      while (own.tryPop() !== undefined);
    }
  });

  it("what is no Uint8Array is refused; closed, it is EBADF", () => {
    pass(1);
    pass(2);
    for (const wrong of ["text", "text", undefined, undefined])
      assert.throws(() => producer.tryPush(wrong as unknown as Uint8Array), { code: "ERR_INVALID_ARG_TYPE" });
    assert.throws(() => producer.tryPush([1, 2] as unknown as Uint8Array), TypeError);
    assert.throws(() => producer.tryPush(new Uint8Array(capacity)), { code: "EMSGSIZE" });
    producer.close();
    assert.throws(() => producer.tryPush(record(1)), { code: "EBADF" });
    consumer.close();
    assert.throws(() => consumer.tryPop(), { code: "EBADF" });
  });

  it("goes on where the mapping is closed", () => {
    for (let n = 0; n < 3; n += 1) pass(n);
    mapping.close();
    for (let n = 0; n < 3; n += 1) pass(n);
  });

  it("the same space again and again: every length, at whatever place it lies", () => {
    using memory = Memfd.create("ring-direct", { size: Ring.bytesFor(1 << 16) });
    using roomy = memory.map();
    Ring.format(roomy, { producers: "one", consumers: "one" });
    using ring = Ring.open(roomy);
    for (const offset of [0, 4, 8, 11])
      for (const length of [...Array(300).keys(), 8184, 8185, 20_000]) {
        const out = new Uint8Array(new ArrayBuffer(offset + length), offset);
        const into = new Uint8Array(new ArrayBuffer(offset + length), offset);
        for (let n = 0; n < 3; n += 1) {
          out.forEach((_, i) => (out[i] = length + n + i));
          assert(ring.tryPush(out));
          assert.equal(ring.tryPop({ into }), into);
          assert.deepEqual(into, out);
        }
      }
  });

  it("beyond 2 GiB", () => {
    const roomy = 3 * 2 ** 30;
    // Sparse: of 3 GiB a few pages are used.
    using memory = Memfd.create("ring-direct", { size: Ring.bytesFor(roomy) });
    using vast = memory.map();
    Ring.format(vast, { producers: "one", consumers: "one" });
    const words = new Int32Array(vast.buffer, 0, 128);
    for (const position of [positions.push, positions.pop]) words[position / 4] = 2 ** 28 + 8192;
    using ring = Ring.open(vast);
    const out = new Uint8Array(64);
    const into = new Uint8Array(64);
    for (let n = 1; n < 6; n += 1) {
      assert(ring.tryPush(out.fill(n)));
      assert.equal(ring.tryPop({ into }), into);
      assert.deepEqual(into, out);
    }
  });

  it("what was transferred is refused, however often it was given before", () => {
    for (let before = 0; before < 4; before += 1) {
      const gone = new Uint8Array(8);
      for (let n = 0; n < before; n += 1) {
        assert(producer.tryPush(gone));
        assert.equal(consumer.tryPop()?.length, 8);
      }
      structuredClone(gone, { transfer: [gone.buffer] });
      for (let n = 0; n < 3; n += 1) assert.throws(() => producer.tryPush(gone), TypeError);
      assert.equal(consumer.tryPop(), undefined);
    }
  });

  it("a space whose memory becomes shorter, and is still the same", () => {
    for (let n = 0; n < 3; n += 1) pass(n);
    const made: unknown = Reflect.construct(ArrayBuffer, [64, { maxByteLength: 64 }]);
    const buffer = made as ArrayBuffer & { resize: (bytes: number) => void };
    const shrinking = new Uint8Array(buffer).fill(7);
    for (const length of [64, 64, 64, 24, 20, 0]) {
      buffer.resize(length);
      assert(producer.tryPush(shrinking));
      assert.deepEqual(consumer.tryPop(), new Uint8Array(length).fill(7));
    }
  });

  it("nonsense in the memory is RING_CORRUPT", () => {
    for (const [what, at, bytes] of [
      ["a position beyond all", positions.push, "ffffff7f00000000"],
      ["a negative position", positions.push, "ffffffff00000000"],
      ["a record without its mark", 8704 + 8 * 18, "0300000000000000"],
      ["a record longer than what is there", 8704 + 8 * 18, "ffffff7f00000080"],
    ] as const) {
      Ring.format(mapping, { producers: "one", consumers: "one" });
      using own = Ring.open(mapping);
      for (let n = 0; n < 3; n += 1) {
        assert(own.tryPush(record(n)));
        own.tryPop();
      }
      assert.equal(hex(positions.pop), "1200000003000000");
      assert(own.tryPush(record(3)));
      Buffer.from(mapping.buffer).write(bytes, at, "hex");
      assert.throws(() => own.tryPop(), { code: "RING_CORRUPT" }, what);
    }
  });

  it("nonsense as its own position: it knows better, and puts it right", () => {
    for (let n = 0; n < 3; n += 1) pass(n);
    assert(producer.tryPush(record(3)));
    assert(producer.tryPush(record(4)));
    Buffer.from(mapping.buffer).write("ffffffff00000000", positions.pop, "hex");
    assert.deepEqual(consumer.tryPop(), record(3));
    assert.equal(hex(positions.pop), "2100000004000000");
    Buffer.from(mapping.buffer).write("ffffff7f00000000", positions.push, "hex");
    assert(producer.tryPush(record(5)));
    for (const n of [4, 5]) assert.deepEqual(consumer.tryPop(), record(n));
    // The addon knows it too, which is asked where a record goes on at the beginning.
    for (let n = 0; n < 1000; n += 1) {
      Buffer.from(mapping.buffer).write("ffffff7f00000000", positions.push, "hex");
      assert(producer.tryPush(record(n)));
      Buffer.from(mapping.buffer).write("ffffff7f00000000", positions.pop, "hex");
      assert.deepEqual(consumer.tryPop(), record(n));
    }
  });

  it("counts of any bits, and their turn", () => {
    const words = new Int32Array(mapping.buffer);
    for (const records of [0x7fef_fffe, 0x7fff_fffe, -2]) {
      Ring.format(mapping, { producers: "one", consumers: "one" });
      words[positions.push / 4 + 1] = records;
      words[positions.pop / 4 + 1] = records;
      using own = Ring.open(mapping);
      for (let n = 0; n < 6; n += 1) {
        assert(own.tryPush(record(n)));
        assert.deepEqual(own.tryPop(), record(n));
      }
      assert.equal(words[positions.push / 4 + 1], (records + 6) | 0);
      assert.equal(words[positions.pop / 4 + 1], (records + 6) | 0);
      assert.equal(words[positions.push / 4], words[positions.pop / 4]);
    }
  });
});
