import assert from "node:assert/strict";
import fc from "fast-check";
import { CallGate } from "../../src/runtime/call-gate.ts";
import { type Admission, CallQueue, type CallQueueOptions, type QueuedCall } from "../../src/runtime/call-queue.ts";
import { DEFAULT_MAX_CONCURRENT_CALLS, DEFAULT_MAX_QUEUED_CALLS } from "../../src/runtime/limits.ts";

/** A queue, and what became of the calls, which are named by their key and a number. */
class Trial {
  readonly queue: CallQueue;
  readonly started: string[] = [];
  readonly dropped: string[] = [];

  constructor(options: CallQueueOptions) {
    this.queue = new CallQueue(options);
  }

  call(name: string, started?: () => void): QueuedCall {
    return {
      start: () => {
        this.started.push(name);
        started?.();
      },
      drop: () => {
        this.dropped.push(name);
      },
    };
  }

  admit(name: string, started?: () => void): Admission {
    return this.queue.admit(name.charAt(0), this.call(name, started));
  }

  /** Calls of a key until one is refused; how many were not. */
  fill(key: string, most = 10_000): number {
    for (let i = 0; i < most; i++) if (this.admit(`${key}${i}`) === "full") return i;
    return most;
  }

  /** Ends calls until none runs. */
  drain(): string {
    while (this.queue.running > 0) this.queue.end();
    return this.started.join(" ");
  }
}

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

describe("call gate", () => {
  function gate(trial: Trial): { gate: CallGate; flow: string[] } {
    const flow: string[] = [];
    const it = new CallGate(trial.queue, { pause: () => flow.push("pause"), resume: () => flow.push("resume") });
    return { gate: it, flow };
  }

  it("loses no call of a stream, keeps their order, and stops the stream meanwhile", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 2 });
    const { gate: a, flow } = gate(trial);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((i) => a.admit(trial.call(`a${i}`))),
      [true, false, false, false, false],
    );
    assert.deepEqual([a.held, trial.queue.waiting, flow], [3, 1, ["pause"]]);
    trial.queue.end();
    assert.deepEqual([a.held, flow], [2, ["pause"]]);
    trial.queue.end();
    assert.deepEqual([a.held, flow], [1, ["pause"]]);
    assert.equal(a.admit(trial.call("a5")), false);
    assert.equal(trial.drain(), "a1 a2 a3 a4 a5");
    assert.deepEqual([a.held, flow], [0, ["pause", "resume"]]);
  });

  it("runs what it held where nothing may queue", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 0 });
    const { gate: a, flow } = gate(trial);
    const ends = (): void => {
      trial.queue.end();
    };
    for (const name of ["a0", "a1", "a2"]) a.admit(trial.call(name, ends));
    trial.queue.end();
    assert.deepEqual([trial.started, flow, trial.queue.running], [["a1", "a2"], ["pause", "resume"], 0]);
  });

  it("shares with other connections what one can't have for itself", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 4 });
    const [a, b] = [gate(trial), gate(trial)];
    for (let i = 0; i < 20; i++) a.gate.admit(trial.call(`a${i}`));
    for (let i = 0; i < 3; i++) b.gate.admit(trial.call(`b${i}`));
    trial.drain();
    assert.deepEqual(trial.started.slice(0, 6), ["a1", "b0", "a2", "b1", "a3", "b2"]);
    assert.deepEqual([trial.started.length, trial.dropped], [22, []]);
    assert.deepEqual([a.flow.at(-1), b.flow.at(-1)], ["resume", "resume"]);
  });

  it("drops what waits, in the queue and in front of it, when the connection ends", () => {
    const trial = new Trial({ maxConcurrentCalls: 1, maxQueuedCalls: 2 });
    const { gate: a, flow } = gate(trial);
    for (let i = 0; i < 4; i++) a.admit(trial.call(`a${i}`));
    a.forget();
    assert.deepEqual([trial.dropped, a.held, trial.queue.waiting], [["a1", "a2", "a3"], 0, 0]);
    assert.equal(trial.drain(), "");
    assert.deepEqual(flow, ["pause"]);
  });
});

describe("call queue: any sequence", () => {
  const step = fc.record({ do: fc.constantFrom("call", "call", "call", "end", "forget"), key: fc.nat(3) });

  it("stays within its bounds, loses nothing, keeps each connection's order, and leaves no place free that one waits for", () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(6),
        (steps, running, waiting) => {
          const trial = new Trial({ maxConcurrentCalls: running, maxQueuedCalls: waiting });
          const flows = new Map<number, boolean>();
          const gates = [0, 1, 2, 3].map((key) => {
            return new CallGate(trial.queue, {
              pause: () => flows.set(key, false),
              resume: () => flows.set(key, true),
            });
          });
          const expected: number[][] = [[], [], [], []];
          const held = (): number => gates.reduce((sum, it) => sum + it.held, 0);
          let [sent, ended] = [0, 0];
          for (const { do: action, key } of steps) {
            const it = gates[key];
            if (action === "call") {
              const number = sent++;
              expected[key]?.push(number);
              if (it?.admit(trial.call(`${key} ${number}`)) === true) trial.started.push(`${key} ${number}`);
            } else if (action === "forget") it?.forget();
            else if (trial.queue.running > 0) {
              ended++;
              trial.queue.end();
            }
            const { queue } = trial;
            assert.ok(queue.running <= running && queue.waiting <= waiting);
            assert.ok(queue.running === running || queue.waiting + held() === 0, "a place is free");
            assert.equal(queue.running, trial.started.length - ended);
            assert.equal(sent, trial.started.length + trial.dropped.length + queue.waiting + held());
            for (const [at, gated] of gates.entries()) if (gated.held > 0) assert.equal(flows.get(at), false);
          }
          trial.drain();
          assert.deepEqual([trial.queue.running, trial.queue.waiting, held()], [0, 0, 0]);
          for (const [key, numbers] of expected.entries()) {
            const of = (names: string[]): number[] =>
              names.filter((name) => name.startsWith(`${key} `)).map((name) => Number(name.split(" ")[1]));
            assert.deepEqual(
              of(trial.started),
              numbers.filter((number) => !of(trial.dropped).includes(number)),
            );
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
