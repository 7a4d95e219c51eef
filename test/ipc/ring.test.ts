import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { Ring } from "../../src/ipc/index.ts";
import { startWorker } from "./node-script.ts";
import { bytes, header, RingMemory } from "./ring-memory.ts";

const ipcUrl = new URL("../../src/ipc/index.js", import.meta.url).href;

/** Looks until another thread writes `value` again and again meanwhile: it runs on a processor of its own just now. */
function runsBeside(word: Int32Array, value: number): void {
  const end = performance.now() + 60_000;
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  for (let fresh = 0, looks = 1; fresh < 3; looks += 1) {
    if (Atomics.exchange(word, 0, 0) === value) {
      // What is there after many looks may be what it wrote before it lost its turn.
      fresh = looks < 100 ? fresh + 1 : 0;
      looks = 0;
    } else if (looks % 65_536 === 0) {
      assert(performance.now() < end, "no two processors at once");
      // Who has slept is given another processor sooner than who goes on.
      Atomics.wait(nothing, 0, 0, 5);
    }
  }
}

describe("Ring", () => {
  const place = new RingMemory("ring-one");

  it("the header's and a record's bytes", () => {
    const ring = place.ringOf(64, { consumers: "one", maxRecords: 5 });
    // Magic, version, many producers; units, records at most; where the data begins, attachments.
    assert.equal(place.hex(0, 16), "747372696e673031" + "02000000" + "01000000");
    assert.equal(place.hex(16, 32), "08000000" + "05000000" + "00220000" + "3f000000");
    assert.equal(place.hex(header.push, header.push + 12), "00".repeat(12));
    assert(ring.tryPush(Uint8Array.of(1, 2, 3)));
    assert.equal(place.hex(header.data, header.data + 16), "03000000" + "fcffffff" + "0102030000000000");
    // Two units and one record have passed the push end; the lock is free again.
    assert.equal(place.hex(header.push, header.push + 12), "02000000" + "01000000" + "00000000");
    assert.equal(place.hex(header.pop, header.pop + 12), "00".repeat(12));
    // Attached, generation 1; pushed: 1, what it was going to be: 1, nothing under way.
    const own = header.attachments;
    assert.equal(place.mapping.bytes[own + 4], 2);
    assert.equal(place.hex(own + 24, own + 48), "0100000000000000".repeat(2) + "ff".repeat(8));
    assert.deepEqual(ring.tryPop(), Uint8Array.of(1, 2, 3));
    // The one consumer keeps its end's lock: slot 1 of generation 1.
    assert.equal(place.hex(header.pop, header.pop + 12), "02000000" + "01000000" + "01010000");
    ring.close();
    assert.equal(place.hex(header.pop + header.lock, header.pop + header.lock + 4), "00000000");
  });

  it("records of every length from none to the longest, across the end at every alignment", () => {
    const ring = place.ringOf(120);
    assert.deepEqual([ring.capacity, ring.maxRecordBytes], [120, 112]);
    for (let length = 0; length <= ring.maxRecordBytes; length++) {
      for (let turn = 0; turn < 16; turn++) {
        const record = Uint8Array.from({ length }, (_, index) => index + turn);
        assert(ring.tryPush(record));
        assert.deepEqual(ring.tryPop(), record);
      }
    }
    assert.equal(ring.tryPop(), undefined);
    assert.throws(() => ring.tryPush(bytes(113)), { code: "EMSGSIZE", syscall: "ring" });
    ring.close();
  });

  it("full and empty, to the byte; length and free bytes", () => {
    const ring = place.ringOf(64);
    for (let count = 0; count < 4; count++) {
      assert.deepEqual([ring.length, ring.freeBytes], [count, 64 - count * 16]);
      assert(ring.tryPush(bytes(8, count)));
    }
    assert.equal(ring.tryPush(bytes(0)), false);
    assert.deepEqual(ring.tryPop(), bytes(8, 0));
    assert(ring.tryPush(bytes(0)));
    assert(ring.tryPush(bytes(0)));
    assert.equal(ring.tryPush(bytes(0)), false);
    assert.deepEqual([ring.pushed, ring.popped], [6, 1]);
    ring.close();
  });

  it("maxRecords", () => {
    const ring = place.ringOf(640, { maxRecords: 2 });
    assert.deepEqual([ring.tryPush(bytes(1)), ring.tryPush(bytes(1)), ring.tryPush(bytes(1))], [true, true, false]);
    ring.tryPop();
    assert(ring.tryPush(bytes(1)));
    ring.close();
  });

  for (const producers of ["one", "many"] as const)
    describe(`into the caller's bytes, ${producers} at each end`, () => {
      const open = (): Ring => place.ringOf(4096, { producers, consumers: producers });

      it("a record of any length, wherever the bytes begin", async () => {
        using ring = open();
        const memory = new Uint8Array(700);
        for (let length = 0; length <= 300; length++)
          for (const offset of [0, 1, 4]) {
            memory.fill(9);
            const into = memory.subarray(offset, offset + 320);
            const record = Uint8Array.from({ length }, (_, i) => i + length);
            ring.tryPush(record);
            const popped =
              length % 3 === 0
                ? ring.tryPop({ into })
                : length % 3 === 1
                  ? await ring.pop({ into })
                  : ring.popSync({ into });
            assert.deepEqual(popped, record);
            assert.equal(popped.buffer, memory.buffer);
            assert.deepEqual([memory[offset - 1] ?? 9, memory[offset + length]], [9, 9]);
          }
      });

      it("nothing, where there is none; one too long stays", async () => {
        using ring = open();
        const into = bytes(10, 9);
        ring.tryPush(bytes(10, 1));
        assert.equal(ring.tryPop({ into }), into);
        assert.equal(ring.tryPop({ into }), undefined);
        assert.equal(ring.tryPop({ into, spinUs: 5 }), undefined);
        ring.tryPush(bytes(11));
        for (const spinUs of [0, 5]) assert.throws(() => ring.tryPop({ into, spinUs }), { code: "EMSGSIZE" });
        await assert.rejects(ring.pop({ into }), { code: "EMSGSIZE" });
        assert.throws(() => ring.popSync({ into }), { code: "EMSGSIZE" });
        assert.deepEqual(into, bytes(10, 1));
        assert.deepEqual(ring.tryPop(), bytes(11));
      });

      it("as soon as one comes", async () => {
        using ring = open();
        const into = new Uint8Array(8);
        const popped = ring.pop({ into });
        ring.tryPush(bytes(8, 5));
        assert.equal(await popped, into);
        assert.deepEqual(into, bytes(8, 5));
      });
    });

  it("records longer than the scratch memory", () => {
    place.resize(400_000);
    const ring = place.ringOf(300_000);
    const record = Uint8Array.from({ length: 200_000 }, (_, index) => index);
    ring.tryPush(record);
    assert.deepEqual(ring.tryPop(), record);
    ring.pushSync(record);
    assert.deepEqual(ring.popSync(), record);
    ring.close();
  });

  describe("waits", () => {
    it("pop: until a record comes, in the order of the asking", async () => {
      const ring = place.ringOf(640);
      const asked = [ring.pop(), ring.pop(), ring.pop()];
      for (const fill of [1, 2, 3]) ring.tryPush(bytes(1, fill));
      assert.deepEqual(await Promise.all(asked), [bytes(1, 1), bytes(1, 2), bytes(1, 3)]);
      ring.close();
    });

    it("push: until there is room, the first first, though the second would fit", async () => {
      const ring = place.ringOf(64);
      ring.tryPush(bytes(40));
      const pushes = [ring.push(bytes(56)), ring.push(bytes(0))];
      assert.equal(ring.tryPush(bytes(0)), false, "nobody comes before those who wait");
      assert.deepEqual(ring.tryPop(), bytes(40));
      await pushes[0];
      assert.deepEqual(ring.tryPop(), bytes(56));
      await pushes[1];
      assert.deepEqual(ring.tryPop(), bytes(0));
      ring.close();
    });

    it("a push that gives up lets the next one, which needs less, go on", async () => {
      const ring = place.ringOf(64);
      ring.tryPush(bytes(40));
      const controller = new AbortController();
      const first = ring.push(bytes(56), { signal: controller.signal });
      const second = ring.push(bytes(8));
      controller.abort(new Error("enough"));
      await assert.rejects(first, /enough/);
      await second;
      assert.deepEqual([ring.tryPop(), ring.tryPop()], [bytes(40), bytes(8)]);
      ring.close();
    });

    it("time out and abort, and take nothing", async () => {
      const ring = place.ringOf(64);
      await assert.rejects(ring.pop({ timeoutMs: 1 }), { code: "ETIMEDOUT", syscall: "futex" });
      assert.throws(() => ring.popSync({ timeoutMs: 1 }), { code: "ETIMEDOUT" });
      assert.throws(() => ring.popSync({ timeoutMs: 0 }), { code: "ETIMEDOUT" });
      const controller = new AbortController();
      const aborted = ring.pop({ signal: controller.signal });
      controller.abort(new Error("enough"));
      await assert.rejects(aborted, /enough/);
      await assert.rejects(ring.pop({ signal: controller.signal }), /enough/);
      ring.tryPush(bytes(40));
      assert.throws(
        () => {
          ring.pushSync(bytes(40), { timeoutMs: 1, spinUs: 10 });
        },
        { code: "ETIMEDOUT" },
      );
      await assert.rejects(ring.push(bytes(40), { timeoutMs: 1 }), { code: "ETIMEDOUT" });
      await assert.rejects(ring.push(bytes(4), { timeoutMs: -1 }), RangeError);
      assert.equal(ring.length, 1);
      assert.deepEqual(await ring.pop({ timeoutMs: 1 }), bytes(40));
      ring.close();
    });

    it("close ends them with ECANCELED; then everything is EBADF", async () => {
      const ring = place.ringOf(64);
      const popping = ring.pop();
      const other = Ring.open(place.mapping);
      ring.tryPush(bytes(40));
      await popping;
      ring.tryPush(bytes(40));
      const waits = [ring.push(bytes(40)), other.push(bytes(40))];
      ring.close();
      ring.close();
      await assert.rejects(waits[0] ?? Promise.resolve(), { code: "ECANCELED" });
      assert.throws(() => ring.tryPush(bytes(1)), { code: "EBADF" });
      assert.throws(() => ring.tryPop(), { code: "EBADF" });
      other.tryPop();
      await waits[1];
      other.close();
    });

    it("armed: who sleeps elsewhere is told once, by the operation that changes something", () => {
      let told = 0;
      const producer = ((): Ring => {
        place.ringOf(80).close();
        return Ring.open(place.mapping, { wakePeer: () => (told += 1) });
      })();
      const consumer = Ring.open(place.mapping, { wakePeer: () => (told += 10) });
      producer.tryPush(bytes(1));
      assert.equal(told, 0);
      assert.equal(consumer.armPop(), false, "there is one already");
      consumer.tryPop();
      assert(consumer.armPop());
      producer.tryPush(bytes(40));
      producer.tryPush(bytes(1));
      assert.equal(told, 1);
      assert.equal(producer.armPush(0), false);
      assert(producer.armPush(40));
      consumer.tryPop();
      assert.equal(told, 11);
      producer.close();
      consumer.close();
    });
  });

  describe("one producer, one consumer", () => {
    it("another is refused as long as the first is there", () => {
      const first = place.ringOf(64, { producers: "one", consumers: "one" });
      const second = Ring.open(place.mapping);
      assert(first.tryPush(bytes(1)));
      assert.throws(() => second.tryPush(bytes(1)), { code: "EBUSY", syscall: "ring" });
      assert.deepEqual(second.tryPop(), bytes(1));
      first.tryPush(bytes(2));
      assert.throws(() => first.tryPop(), { code: "EBUSY" });
      first.close();
      assert(second.tryPush(bytes(3)));
      assert.deepEqual([second.tryPop(), second.tryPop()], [bytes(2), bytes(3)]);
      second.close();
    });
  });

  it("a worker thread has a ring of its own, and is ended in the middle of a wait", async () => {
    const ring = place.ringOf(640);
    const source = `
      import { parentPort, workerData } from "node:worker_threads";
      const { PosixSharedMemory, Ring } = await import(workerData.url);
      const ring = Ring.open(PosixSharedMemory.open(workerData.name).map());
      for (;;) parentPort.postMessage(await ring.pop());`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: { url: ipcUrl, name: place.name },
    });
    const message = once(worker, "message");
    await ring.push(bytes(5));
    assert.deepEqual(await message, [bytes(5)]);
    await worker.terminate();
    assert.deepEqual(ring.deaths(), [], "a thread's end is no death: it has closed");
    ring.close();
  });

  it("who goes to sleep waits out a store that is on its way", async function () {
    this.timeout(120_000);
    const ring = place.ringOf(8192, { producers: "one", consumers: "one" });
    /** Where others are busy too, some may pass in which the worker loses its turn. */
    const rounds = 100;
    const wanted = 3;
    const { buffer } = place.mapping;
    // The end of the pushes is moved without a fence. The records lie there: of two units each.
    new Uint32Array(buffer, 512 + 12, 1)[0] = 1;
    const units = new Uint32Array(buffer, header.data, 4 * rounds);
    for (let n = 0; n < rounds; n += 1) units.set([8, ~8, n], 4 * n);
    // It moves the position as soon as it sees that someone is about to sleep, and wakes nobody.
    const worker = startWorker(
      `const { buffer } = ipc.PosixSharedMemory.open(workerData.name).map();
      const position = new BigInt64Array(buffer, ${header.push}, 1), popped = new Int32Array(buffer, ${header.pop}, 1);
      const asleep = new Int32Array(buffer, 512, 1), here = new Int32Array(buffer, 65532, 1);
      parentPort.postMessage("there");
      for (let n = 1; n <= workerData.rounds; n++) {
        while (Atomics.load(asleep, 0) === 0) Atomics.store(here, 0, n);
        position[0] = BigInt(2 ** 32 * n + 2 * n);
        while (Atomics.load(popped, 0) !== 2 * n);
      }`,
      { name: place.name, rounds },
    );
    const here = new Int32Array(buffer, 65_532, 1);
    let early = 0;
    try {
      await once(worker, "message");
      for (let n = 0; n < rounds && early < wanted; n += 1) {
        runsBeside(here, n + 1);
        const start = performance.now();
        assert.equal(Buffer.from(ring.popSync({ timeoutMs: 5000 })).readUInt32LE(), n);
        // Who slept would have looked 100 ms later.
        if (performance.now() - start < 50) early += 1;
      }
    } finally {
      await worker.terminate();
      ring.close();
    }
    assert.equal(early, wanted, "saw it before they slept");
  });

  it("one that is garbage gives its slot back", async () => {
    const source = `
      const { PosixSharedMemory, Ring } = await import(${JSON.stringify(ipcUrl)});
      const mapping = PosixSharedMemory.open(${JSON.stringify(place.name)}).map();
      for (let count = 0; count < 300; count++) {
        Ring.open(mapping);
        if (count % 20 === 19) { await new Promise(setImmediate); gc(); await new Promise(setImmediate); }
      }
      console.log("done");`;
    place.ringOf(640).close();
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--expose-gc",
      "--input-type=module",
      "-e",
      source,
    ]);
    assert.equal(stdout, "done\n");
  });
});
