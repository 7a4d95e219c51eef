import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Ring } from "../../src/ipc/index.ts";
import { bytes, header, RingMemory } from "./ring-memory.ts";

describe("Ring: what others leave in its memory", () => {
  const place = new RingMemory("ring-left");

  describe("what a dead process left", () => {
    /** The pid of a process that has ended. */
    async function deadPid(): Promise<number> {
      const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
      await once(child, "exit");
      assert(child.pid !== undefined);
      return child.pid;
    }

    /** As if it had been killed in a push: it holds the lock, and says that it is about to push its sixth record. */
    async function leave(target: bigint, slot = 40): Promise<number> {
      const pid = await deadPid();
      const view = new DataView(place.mapping.buffer);
      const at = header.attachments + slot * header.attachmentBytes;
      view.setBigUint64(at, BigInt(pid) | (2n << 32n) | (7n << 40n), true);
      view.setBigUint64(at + 8, 1n, true);
      [5n, 6n, target].forEach((value, index) => {
        view.setBigUint64(at + 24 + index * 8, value, true);
      });
      view.setUint32(header.push + header.lock, (slot + 1) | (7 << 8), true);
      return pid;
    }

    it("an operation that had happened is counted", async () => {
      const ring = place.ringOf(64);
      ring.tryPush(bytes(1));
      const pid = await leave(0x0000_0001_0000_0002n);
      const told = { pid, role: "producer", pushed: 6, popped: 0, pushEnd: "finished", popEnd: "free" };
      assert.deepEqual(ring.deaths(), [told]);
      assert.deepEqual(ring.deaths(), [], "told once");
      const other = Ring.open(place.mapping);
      assert.deepEqual(other.deaths(), [told], "to each");
      assert(ring.tryPush(bytes(1)));
      ring.close();
      other.close();
    });

    it("one that had not happened is undone, by whoever needs the lock first", async () => {
      const ring = place.ringOf(64);
      ring.tryPush(bytes(1));
      const pid = await leave(0x0000_0002_0000_0004n);
      assert(ring.tryPush(bytes(2)), "the lock is taken over");
      assert.deepEqual(ring.deaths(), [
        { pid, role: "producer", pushed: 5, popped: 0, pushEnd: "undone", popEnd: "free" },
      ]);
      assert.deepEqual([ring.tryPop(), ring.tryPop()], [bytes(1), bytes(2)]);
      ring.close();
    });

    it("the one producer's place is free", async () => {
      const ring = place.ringOf(64, { producers: "one" });
      await leave(0xffff_ffff_ffff_ffffn);
      assert(ring.tryPush(bytes(1)));
      assert.deepEqual(
        ring.deaths().map(({ pushEnd, pushed }) => [pushEnd, pushed]),
        [["held", 5]],
      );
      ring.close();
    });

    it("slots of the dead are used again; with 63 that live there is no room", async () => {
      const ring = place.ringOf(64);
      const rings = Array.from({ length: 62 }, () => Ring.open(place.mapping));
      assert.throws(() => Ring.open(place.mapping), { code: "ENOSPC" });
      const pid = await deadPid();
      new DataView(place.mapping.buffer).setBigUint64(header.attachments + 20 * 128, BigInt(pid) | (2n << 32n), true);
      rings.push(Ring.open(place.mapping));
      for (const each of rings) each.close();
      assert.deepEqual(ring.deaths(), []);
      ring.close();
    });
  });

  it("who holds the lock and lives, but is stopped, holds nobody up: it is not the time", async () => {
    const ring = place.ringOf(64);
    const other = Ring.open(place.mapping);
    ring.tryPush(bytes(1));
    // The other's: slot 1 of generation 1.
    for (const end of [header.push, header.pop])
      new DataView(place.mapping.buffer).setUint32(end + header.lock, 2 | (1 << 8), true);
    assert.equal(ring.tryPush(bytes(1)), false);
    assert.equal(ring.tryPop(), undefined);
    await assert.rejects(ring.pop({ timeoutMs: 1 }), { code: "ETIMEDOUT" });
    assert.throws(
      () => {
        ring.pushSync(bytes(1), { timeoutMs: 1 });
      },
      { code: "ETIMEDOUT" },
    );
    assert.deepEqual([ring.length, ring.deaths()], [1, []]);
    other.close();
    ring.close();
  });

  describe("errors", () => {
    it("format: too short, out of the mapping, not aligned, no number of records", () => {
      assert.throws(
        () => {
          Ring.format(place.mapping, { length: 8704 });
        },
        { code: "EINVAL" },
      );
      assert.throws(
        () => {
          Ring.format(place.mapping, { length: 65_537 });
        },
        { code: "EINVAL" },
      );
      assert.throws(
        () => {
          Ring.format(place.mapping, { offset: 8 });
        },
        { code: "EINVAL" },
      );
      assert.throws(
        () => {
          Ring.format(place.mapping, { offset: 70_016 });
        },
        { code: "EINVAL" },
      );
      assert.throws(() => {
        Ring.format(place.mapping, { maxRecords: 0 });
      }, RangeError);
      using reading = place.memory.map({ readOnly: true });
      assert.throws(
        () => {
          Ring.format(reading);
        },
        { code: "EINVAL" },
      );
      reading.close();
      assert.throws(
        () => {
          Ring.format(reading, { length: 9000 });
        },
        { code: "EBADF" },
      );
    });

    it("open: no ring, another version, more than the mapping has", () => {
      assert.throws(() => Ring.open(place.mapping), { code: "RING_CORRUPT" });
      place.ringOf(640).close();
      assert.throws(() => Ring.open(place.mapping, { offset: 128 }), { code: "RING_CORRUPT" });
      for (const version of [1, 3]) {
        place.mapping.bytes[8] = version;
        assert.throws(() => Ring.open(place.mapping), { code: "ENOTSUP" });
      }
      place.mapping.bytes[8] = 2;
      place.mapping.bytes[18] = 1;
      assert.throws(() => Ring.open(place.mapping), { code: "RING_CORRUPT" });
    });

    it("positions, lengths and locks that can't be", () => {
      const spoil: [string, number, number][] = [
        ["a position out of range", header.push, 255],
        ["more records than units", header.push + 4, 200],
        ["a length beyond what is there", header.data, 200],
        ["a length that is not the mark's", header.data + 4, 0],
        ["a lock of nobody's", header.pop + header.lock, 77],
      ];
      for (const [what, at, value] of spoil) {
        const ring = place.ringOf(64);
        ring.tryPush(bytes(3));
        place.mapping.bytes[at] = value;
        assert.throws(() => ring.tryPop(), { code: "RING_CORRUPT" }, what);
        ring.close();
      }
    });

    it("memory that was truncated from under it", async () => {
      const ring = place.ringOf(640);
      ring.tryPush(bytes(3));
      place.memory.resize(0);
      assert.throws(
        () => {
          for (let look = 0; look < 1000; look++) ring.tryPop();
        },
        { code: "RING_CORRUPT" },
      );
      assert.throws(() => ring.tryPush(bytes(1)), { code: "RING_CORRUPT" });
      await assert.rejects(ring.pop(), { code: "RING_CORRUPT" });
      ring.close();
    });
  });
});
