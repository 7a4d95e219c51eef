import assert from "node:assert/strict";
import fc from "fast-check";
import { CallGate } from "../../src/runtime/call-gate.ts";
import { Trial } from "./queue-trial.ts";

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
