import assert from "node:assert/strict";
import { type Admission, CallQueue, type CallQueueOptions } from "../../src/runtime/call-queue.ts";
import { DEFAULT_MAX_CONCURRENT_CALLS, DEFAULT_MAX_QUEUED_CALLS } from "../../src/runtime/limits.ts";
import { Trial } from "./queue-trial.ts";

describe("call queue", () => {
  it("runs any number of calls at once where nothing is said", () => {
    assert.equal(DEFAULT_MAX_CONCURRENT_CALLS, Infinity);
    const trial = new Trial({});
    for (let i = 0; i < 10_000; i++) assert.equal(trial.admit("a"), "run");
    assert.deepEqual([trial.queue.running, trial.queue.waiting, trial.drain()], [10_000, 0, ""]);
  });

  it("runs no more than maxConcurrentCalls; the others follow in their order", () => {
    const trial = new Trial({ maxConcurrentCalls: 2 });
    assert.deepEqual(["a0", "a1", "a2", "a3", "a4"].map((name) => trial.admit(name)), ["run", "run", "queued", "queued", "queued"]); // prettier-ignore
    assert.deepEqual([trial.queue.running, trial.queue.waiting, trial.started], [2, 3, []]);
    trial.queue.end();
    assert.deepEqual([trial.queue.running, trial.queue.waiting, trial.started], [2, 2, ["a2"]]);
    assert.equal(trial.drain(), "a2 a3 a4");
    assert.deepEqual([trial.queue.running, trial.queue.waiting, trial.dropped], [0, 0, []]);
    assert.equal(trial.admit("a5"), "run");
  });

  it("gives each key that waits one place in turn, and a new one the last turn", () => {
    const trial = new Trial({ maxConcurrentCalls: 1 });
    for (const name of ["a0", "a1", "a2", "a3", "b1", "b2", "c1"]) trial.admit(name);
    trial.queue.end();
    trial.queue.end();
    assert.deepEqual(trial.started, ["a1", "b1"]);
    trial.admit("d1");
    trial.admit("d2");
    assert.equal(trial.drain(), "a1 b1 c1 a2 b2 d1 a3 d2");
  });

  it("does not let one overtake who comes while another starts", () => {
    const trial = new Trial({ maxConcurrentCalls: 2 });
    trial.admit("a0");
    trial.admit("a1");
    let admission: Admission | undefined;
    trial.admit("a2", () => {
      // Both places are taken or promised: a3 waits already.
      trial.queue.end();
      admission = trial.admit("b1");
    });
    trial.admit("a3");
    trial.queue.end();
    assert.equal(admission, "queued");
    assert.equal(trial.drain(), "a2 a3 b1");
  });

  it("starts calls that end at once in a loop", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 200_000 });
    trial.admit("a");
    let depth = 0;
    let deepest = 0;
    for (let i = 0; i < 100_000; i++) {
      const admission = trial.admit("a", () => {
        deepest = Math.max(deepest, ++depth);
        trial.queue.end();
        depth--;
      });
      assert.equal(admission, "queued");
    }
    trial.queue.end();
    assert.deepEqual([trial.started.length, deepest, trial.queue.running, trial.queue.waiting], [100_000, 1, 0, 0]);
  });

  it("does not take what is no bound, nor more ends than beginnings", () => {
    const bad: CallQueueOptions[] = [{ maxConcurrentCalls: 0 }, { maxConcurrentCalls: NaN }, { maxQueuedCalls: -1 }, { maxQueuedCalls: NaN }]; // prettier-ignore
    for (const options of bad) assert.throws(() => new CallQueue(options), RangeError);
    assert.throws(() => {
      new CallQueue().end();
    }, /more calls have ended/);
  });
});

describe("call queue: shares", () => {
  it("gives one key half of the default queue, and all of them together the whole", () => {
    const trial = new Trial({ maxConcurrentCalls: 1 });
    trial.admit("z");
    assert.equal(trial.fill("a"), DEFAULT_MAX_QUEUED_CALLS / 2);
    assert.equal(trial.fill("b"), DEFAULT_MAX_QUEUED_CALLS / 4);
    for (let code = 0x100; trial.fill(String.fromCharCode(code), 1) === 1; code++);
    assert.equal(trial.queue.waiting, DEFAULT_MAX_QUEUED_CALLS);
  });

  it("gives those that send without end the same share each, and leaves as much for one that comes", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 100 });
    trial.admit("z");
    const waiting = new Map<string, number>();
    for (let i = 0; i < 100; i++) {
      for (const key of "abcd") {
        if (trial.admit(`${key}${i}`) === "queued") waiting.set(key, (waiting.get(key) ?? 0) + 1);
      }
    }
    assert.deepEqual([...waiting.values()], [20, 20, 20, 20]);
    assert.equal(trial.admit("e"), "queued");
  });

  for (const [maxQueuedCalls, one, two] of [
    [0, 0, 0],
    [1, 1, 0],
    [2, 1, 1],
    [3, 2, 1],
    [4, 2, 1],
    [Infinity, 10_000, 10_000],
  ] as const) {
    // prettier-ignore
    it(`of ${maxQueuedCalls} places are ${one} for one key, then ${two} for another`, () => {
      const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls });
      trial.admit("z");
      assert.deepEqual([trial.fill("a"), trial.fill("b")], [one, two]);
      assert.equal(trial.queue.waiting, one + two);
    });
  }
});

describe("call queue: who is told of room", () => {
  it("one that has nothing in the queue, as soon as there is a place, whoever was refused first in front", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 2 });
    for (const name of ["z0", "a0", "b0"]) trial.admit(name);
    for (const key of "cde") {
      assert.equal(trial.admit(key), "full");
      trial.queue.whenRoom(key, () => trial.started.push(`told ${key} ${trial.admit(`${key}0`)}`));
    }
    trial.queue.end();
    assert.deepEqual(trial.started, ["a0", "told c queued"]);
    trial.queue.end();
    assert.deepEqual(trial.started.slice(2), ["b0", "told d queued"]);
    trial.queue.forget("e");
    assert.equal(trial.drain(), "a0 told c queued b0 told d queued c0 d0");
  });

  it("one that has calls in the queue, when they are down to half of what is left, once", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 12 });
    trial.admit("z");
    assert.equal(trial.fill("a"), 6);
    let told = 0;
    trial.queue.whenRoom("a", () => told++);
    trial.queue.end();
    assert.deepEqual([told, trial.queue.waiting], [0, 5]);
    trial.queue.end();
    assert.deepEqual([told, trial.queue.waiting], [1, 4]);
    trial.drain();
    assert.equal(told, 1);
  });

  it("one whose last call has left a queue that is full of others, when a place is free", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 2 });
    for (const name of ["z0", "a0", "b0"]) trial.admit(name);
    for (const key of "ca")
      trial.queue.whenRoom(key, () => trial.started.push(`told ${key} ${trial.admit(`${key}1`)}`));
    trial.queue.end();
    assert.deepEqual(trial.started, ["a0", "told c queued"]);
    assert.equal(trial.drain(), "a0 told c queued b0 told a queued c1 a1");
  });

  it("one that may not queue at all, when a call can be run", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 0 });
    trial.admit("z");
    assert.equal(trial.admit("a"), "full");
    trial.queue.whenRoom("a", () => trial.started.push(trial.admit("a")));
    trial.queue.end();
    assert.deepEqual([trial.started, trial.queue.running], [["run"], 1]);
  });

  it("at once, where there is room already", () => {
    const trial = new Trial({});
    let told = 0;
    trial.queue.whenRoom("a", () => told++);
    assert.equal(told, 1);
  });
});

describe("call queue: connections that end", () => {
  it("lose what waits of them, and give room to others", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 4 });
    for (const name of ["z0", "a0", "a1", "b0", "c0"]) trial.admit(name);
    trial.queue.whenRoom("a", () => assert.fail("a was forgotten"));
    trial.queue.whenRoom("d", () => assert.fail("d was forgotten"));
    trial.queue.whenRoom("e", () => trial.started.push("told e"));
    trial.queue.forget("d");
    trial.queue.forget("a");
    assert.deepEqual([trial.dropped, trial.started, trial.queue.waiting], [["a0", "a1"], ["told e"], 2]);
    trial.queue.forget("unknown");
    assert.equal(trial.drain(), "told e b0 c0");
    assert.equal(trial.admit("a2"), "run");
  });

  for (const gone of "abc") {
    it(`leave the turns of the others as they were: ${gone}`, () => {
      const trial = new Trial({ maxConcurrentCalls: 1 });
      for (const name of ["z0", "a0", "a1", "b0", "b1", "c0", "c1"]) trial.admit(name);
      trial.queue.forget(gone);
      const left = ["a0", "b0", "c0", "a1", "b1", "c1"].filter((name) => !name.startsWith(gone));
      assert.equal(trial.drain(), left.join(" "));
    });
  }

  it("may end while one of their calls starts", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 4 });
    trial.admit("z0");
    trial.admit("a0", () => {
      trial.queue.forget("a");
    });
    trial.admit("a1");
    trial.queue.whenRoom("a", () => assert.fail("a was forgotten"));
    assert.equal(trial.drain(), "a0");
    assert.deepEqual([trial.dropped, trial.queue.waiting], [["a1"], 0]);
  });
});
