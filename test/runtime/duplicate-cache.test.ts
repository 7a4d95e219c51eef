import assert from "node:assert/strict";
import fc from "fast-check";
import {
  DuplicateCache,
  type DuplicateCacheOptions,
  type NewRequest,
  hasDuplicates,
} from "../../src/runtime/duplicate-cache.ts";
import { ClientStream } from "../../src/runtime/client-stream.ts";
import * as limits from "../../src/runtime/limits.ts";
import { begin, bytes, fresh, replayed } from "./duplicates.ts";
import { settledBytes } from "./memory.ts";

describe("duplicate cache", () => {
  it("replays the reply that was sent, and not what has become of its bytes", () => {
    const cache = new DuplicateCache();
    const reply = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1);
    fresh(cache).finish(reply);
    reply.fill(255);
    fresh(cache, { xid: 2 }).finish(bytes(8, 9));
    for (let i = 0; i < 2; i++) assert.equal(Buffer.from(replayed(cache) ?? []).toString("hex"), "0000000100000001");
    assert.deepEqual(replayed(cache, { xid: 2 }), bytes(8, 9));
    assert.equal(cache.counters.hits, 3);
  });

  it("replays what was sent also where that was a Buffer, whose slice() is no copy", () => {
    const cache = new DuplicateCache();
    for (const [xid, length] of [8, 10_000].entries()) {
      const reply = Buffer.from(bytes(length, 1));
      fresh(cache, { xid }).finish(reply);
      reply.fill(255);
      assert.deepEqual(replayed(cache, { xid }), bytes(length, 1));
    }
  });

  it("replays replies of every length, though they share chunks", () => {
    const cache = new DuplicateCache();
    const lengths = [0, 1, 8191, 8192, 8193, 60_000, 8192, 8192, 8192, 8192, 8192, 8192, 8192, 65_536, 1_000_000, 24];
    for (const [xid, length] of lengths.entries()) fresh(cache, { xid }).finish(bytes(length, xid));
    for (const [xid, length] of lengths.entries()) assert.deepEqual(replayed(cache, { xid }), bytes(length, xid));
  });

  it("does not run a request again that is in progress", () => {
    const cache = new DuplicateCache();
    const first = fresh(cache);
    assert.equal(begin(cache).kind, "in-progress");
    assert.deepEqual([cache.inProgress, cache.size, cache.counters.inProgress], [1, 0, 1]);
    first.finish(bytes(4));
    assert.deepEqual([cache.inProgress, cache.size], [0, 1]);
    assert.equal(begin(cache).kind, "done");
  });

  it("gives the reply to the one that asked last while it ran, once", () => {
    const cache = new DuplicateCache();
    const first = fresh(cache);
    const answers: unknown[] = [];
    for (const name of ["a", "b"]) {
      const begun = begin(cache);
      if (begun.kind === "in-progress") begun.alsoAnswer((reply) => answers.push(name, reply));
    }
    first.finish(bytes(4));
    first.finish(bytes(5));
    assert.deepEqual(answers, ["b", bytes(4)]);
    const late = fresh(cache, { xid: 2 });
    const begun = begin(cache, { xid: 2 });
    late.finish(undefined);
    if (begun.kind === "in-progress") begun.alsoAnswer(() => answers.push("late"));
    fresh(cache, { xid: 3 }).finish(bytes(1));
    assert.equal(answers.length, 2);
  });

  it("tells who waits for a request that was not run or has no reply that none comes", () => {
    for (const end of ["forget", "finish"] as const) {
      const cache = new DuplicateCache();
      const first = fresh(cache);
      const answers: unknown[] = [];
      const begun = begin(cache);
      if (begun.kind === "in-progress") begun.alsoAnswer((reply) => answers.push(reply));
      first[end](undefined);
      assert.deepEqual(answers, [undefined]);
    }
  });

  it("does not run a request again that had no reply", () => {
    const cache = new DuplicateCache();
    fresh(cache).finish(undefined);
    assert.equal(replayed(cache), undefined);
    assert.deepEqual([cache.size, cache.bytes], [1, 0]);
  });

  it("runs a request that was forgotten, and only that", () => {
    const cache = new DuplicateCache();
    const first = fresh(cache);
    first.forget();
    assert.deepEqual([cache.inProgress, cache.size], [0, 0]);
    const again = fresh(cache);
    first.finish(bytes(4));
    first.forget();
    assert.equal(begin(cache).kind, "in-progress");
    again.finish(bytes(4));
    again.forget();
    assert.equal(begin(cache).kind, "done");
    assert.deepEqual([cache.inProgress, cache.size, cache.bytes], [0, 1, 4]);
  });

  it("is not for local sockets, and for all the others", () => {
    assert.deepEqual((["udp", "udp6", "tcp", "tcp6", "local"] as const).map(hasDuplicates), [
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it("does not take what is no bound", () => {
    const bad: DuplicateCacheOptions[] = [{ maxEntries: 0 }, { maxEntries: NaN }, { maxBytes: -1 }, { maxAgeMs: NaN }];
    for (const options of bad) assert.throws(() => new DuplicateCache(options), RangeError);
  });
});

describe("duplicate cache: bounds", () => {
  it("has the defaults of the limits", () => {
    let time = 0;
    const cache = new DuplicateCache({ now: () => time });
    for (let xid = 0; xid <= limits.DEFAULT_DUPLICATE_ENTRIES; xid++) fresh(cache, { xid }).finish(undefined);
    assert.deepEqual([cache.size, cache.counters.evictions], [limits.DEFAULT_DUPLICATE_ENTRIES, 1]);
    fresh(cache, { xid: 0 });
    time = limits.DEFAULT_DUPLICATE_AGE_MS - 1;
    assert.equal(begin(cache, { xid: 1 }).kind, "done");
    time++;
    fresh(cache, { xid: 1 }).finish(bytes(limits.DEFAULT_DUPLICATE_BYTES));
    assert.equal(cache.bytes, limits.DEFAULT_DUPLICATE_BYTES);
    fresh(cache, { xid: 2 }).finish(bytes(1));
    assert.equal(cache.bytes, 1);
    fresh(cache, { xid: 3 }).finish(bytes(limits.DEFAULT_DUPLICATE_BYTES + 1));
    assert.equal(cache.bytes, 1);
  });

  it("forgets the request that was answered first, not the one that began first", () => {
    const cache = new DuplicateCache({ maxEntries: 2 });
    const [a, b, c] = [1, 2, 3].map((xid) => fresh(cache, { xid }));
    b?.finish(bytes(4));
    a?.finish(bytes(4));
    assert.equal(begin(cache, { xid: 2 }).kind, "done");
    c?.finish(bytes(4));
    assert.deepEqual([cache.size, cache.bytes, cache.counters.evictions], [2, 8, 1]);
    assert.deepEqual(
      [1, 3].map((xid) => begin(cache, { xid }).kind),
      ["done", "done"],
    );
    fresh(cache, { xid: 2 });
  });

  it("never forgets a request in progress", () => {
    const cache = new DuplicateCache({ maxEntries: 1, maxBytes: 1, maxAgeMs: 0, now: () => 0 });
    const running = Array.from({ length: 100 }, (_, xid) => fresh(cache, { xid }));
    for (let xid = 100; xid < 200; xid++) fresh(cache, { xid }).finish(bytes(1));
    for (let xid = 0; xid < 100; xid++) assert.equal(begin(cache, { xid }).kind, "in-progress");
    assert.deepEqual([cache.inProgress, running.length], [100, 100]);
  });

  it("lets go the oldest replies above maxBytes, and still does not run their requests", () => {
    const cache = new DuplicateCache({ maxBytes: 10 });
    fresh(cache, { xid: 1 }).finish(bytes(4));
    fresh(cache, { xid: 2 }).finish(undefined);
    fresh(cache, { xid: 3 }).finish(bytes(4));
    fresh(cache, { xid: 4 }).finish(bytes(2));
    assert.deepEqual([cache.bytes, cache.counters.droppedReplies], [10, 0]);
    fresh(cache, { xid: 5 }).finish(bytes(1));
    assert.deepEqual([cache.bytes, cache.size, cache.counters.droppedReplies], [7, 5, 1]);
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((xid) => replayed(cache, { xid })?.length),
      [undefined, undefined, 4, 2, 1],
    );
    fresh(cache, { xid: 6 }).finish(bytes(10));
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((xid) => replayed(cache, { xid })?.length),
      [...Array<undefined>(5), 10],
    );
    assert.deepEqual([cache.bytes, cache.size, cache.counters.droppedReplies, cache.counters.evictions], [10, 6, 4, 0]);
  });

  it("long replies in memory that others have left are what they were", () => {
    const cache = new DuplicateCache({ maxBytes: 100_000 });
    const lengths = [40_000, 40_000, 35_000, 25_000, 30_000, 40_000, 20_000, 50_000, 30_000, 65_536, 20_000, 10_000];
    for (const [xid, length] of lengths.entries()) {
      fresh(cache, { xid }).finish(bytes(length).fill(xid));
      for (let old = 0; old <= xid; old++) {
        const reply = replayed(cache, { xid: old });
        if (reply !== undefined) assert.deepEqual(reply, bytes(lengths[old] ?? 0).fill(old), `${old} after ${xid}`);
      }
      assert.equal(replayed(cache, { xid })?.length, length);
    }
  });

  it("does not keep a reply that alone is above maxBytes, nor let others go for it", () => {
    const cache = new DuplicateCache({ maxBytes: 10 });
    fresh(cache, { xid: 1 }).finish(bytes(10));
    fresh(cache, { xid: 2 }).finish(bytes(11));
    assert.deepEqual([replayed(cache, { xid: 1 })?.length, replayed(cache, { xid: 2 })], [10, undefined]);
    assert.deepEqual([cache.bytes, cache.size, cache.counters.droppedReplies], [10, 2, 1]);
  });

  it("remembers no more than a few requests that differ by their connection alone, and runs all", () => {
    const cache = new DuplicateCache();
    const streams = Array.from({ length: 40 }, () => new ClientStream());
    const parts = { transport: "tcp", xid: 1 } as const;
    for (const stream of streams) fresh(cache, { ...parts, stream }).finish(bytes(4));
    assert.equal(cache.size, 16);
    assert.equal(replayed(cache, { ...parts, stream: streams[0] as ClientStream })?.length, 4);
    fresh(cache, { ...parts, stream: streams[39] as ClientStream }).finish(bytes(4));
    // Those of streams that have ended are in nobody's way.
    for (const stream of streams) stream.ended(true);
    for (let i = 0; i < 100; i++) {
      const stream = new ClientStream();
      fresh(cache, { ...parts, stream }).finish(bytes(4));
      assert.equal(replayed(cache, { ...parts, stream })?.length, 4, `connection ${i}`);
      stream.ended(true);
    }
    assert.equal(cache.size, 116);
  });

  it("forgets those that nobody can ask for, too, when their time has come", () => {
    let time = 0;
    const cache = new DuplicateCache({ maxAgeMs: 100, now: () => time });
    const parts = { transport: "tcp", xid: 1 } as const;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 50; i++) {
        const stream = new ClientStream();
        fresh(cache, { ...parts, stream }).finish(bytes(9000));
        stream.ended(true);
      }
      time += 100;
      begin(cache, { xid: 1000 + round });
      assert.deepEqual([cache.size, cache.bytes], [0, 0]);
    }
  });

  it("forgets requests when their age is reached, counted from the reply", () => {
    let time = 1000;
    const cache = new DuplicateCache({ maxAgeMs: 100, now: () => time });
    const slow = fresh(cache, { xid: 1 });
    fresh(cache, { xid: 2 }).finish(bytes(4));
    time = 1050;
    slow.finish(bytes(4));
    time = 1099;
    assert.deepEqual(
      [1, 2].map((xid) => begin(cache, { xid }).kind),
      ["done", "done"],
    );
    time = 1100;
    fresh(cache, { xid: 2 }).finish(undefined);
    assert.deepEqual([cache.size, cache.bytes], [2, 4]);
    assert.equal(begin(cache, { xid: 1 }).kind, "done");
    time = 1200;
    fresh(cache, { xid: 3 });
    assert.deepEqual([cache.size, cache.bytes, cache.counters.evictions], [0, 0, 0]);
  });
});

describe("duplicate cache: from empty to empty", () => {
  it("forgets all of them, again and again", () => {
    let time = 0;
    const cache = new DuplicateCache({ maxAgeMs: 100, now: () => time });
    for (let round = 0; round < 5; round++) {
      for (let xid = 0; xid < 3; xid++) fresh(cache, { xid }).finish(xid === round % 3 ? undefined : bytes(4));
      assert.deepEqual([cache.size, cache.bytes], [3, 8]);
      time += 100;
      fresh(cache, { xid: 3 }).forget();
      assert.deepEqual([cache.size, cache.bytes], [0, 0]);
    }
  });

  it("gives its memory back", async () => {
    let time = 0;
    const cache = new DuplicateCache({ maxAgeMs: 100, now: () => time });
    fresh(cache, { xid: 1 }).finish(bytes(4));
    const before = await settledBytes();
    for (let xid = 0; xid < 40_000; xid++) fresh(cache, { xid, port: 2 }).finish(undefined);
    const most = (await settledBytes()) - before;
    time += 100;
    fresh(cache, { xid: 3 }).forget();
    const left = (await settledBytes()) - before;
    assert(most > 4_000_000 && left < most / 8, `${most} bytes, then ${left}`);
  });
});

describe("duplicate cache: any sequence", () => {
  const step = fc.record({
    do: fc.constantFrom("begin", "begin", "finish", "silent", "forget", "wait"),
    xid: fc.nat(7),
    tcp: fc.boolean(),
    length: fc.nat(14),
    ms: fc.nat(120),
  });

  it("runs no request twice within its life, and stays within the bounds", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(30),
        (steps, maxEntries, maxBytes) => {
          let time = 0;
          const cache = new DuplicateCache({ maxEntries, maxBytes, maxAgeMs: 100, now: () => time });
          const running = new Map<string, NewRequest>();
          // A model without any cleverness: in the order of their replies.
          let done: { name: string; at: number; reply: Uint8Array | undefined }[] = [];
          for (const [i, { do: action, xid, tcp, length, ms }] of steps.entries()) {
            const name = `${tcp ? "tcp" : "udp"} ${xid}`;
            const request = running.get(name);
            if (action === "wait") time += ms;
            else if (action === "begin") {
              done = done.filter(({ at }) => time - at < 100);
              const begun = begin(cache, { xid, transport: tcp ? "tcp" : "udp" });
              const known = done.find((it) => it.name === name);
              assert.equal(begun.kind, request !== undefined ? "in-progress" : known !== undefined ? "done" : "new");
              if (begun.kind === "new") running.set(name, begun);
              if (begun.kind === "done") assert.deepEqual(begun.reply, known?.reply);
            } else if (request !== undefined) {
              running.delete(name);
              if (action === "forget") request.forget();
              else {
                const reply = action === "silent" ? undefined : bytes(length, i);
                request.finish(reply);
                if (done.length === maxEntries) done.shift();
                const kept = reply !== undefined && reply.length <= maxBytes ? reply : undefined;
                if (kept !== undefined) {
                  for (const old of done) if (total(done) + kept.length > maxBytes) old.reply = undefined;
                }
                done.push({ name, at: time, reply: kept });
              }
            }
            assert.ok(cache.size <= maxEntries && cache.bytes <= maxBytes);
            assert.deepEqual([cache.inProgress, cache.size, cache.bytes], [running.size, done.length, total(done)]);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  function total(done: readonly { reply: Uint8Array | undefined }[]): number {
    return done.reduce((sum, { reply }) => sum + (reply?.length ?? 0), 0);
  }
});
