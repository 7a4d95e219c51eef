import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type Tried, Tries } from "../../src/runtime/tries.ts";

describe("runtime: when calls are sent again", () => {
  it("each at its time, by one timer; not those that are over, nor those whose time is another since", async () => {
    interface Named extends Tried {
      readonly name: string;
    }
    const of = (name: string): Named => ({ name, nextTryAtMs: Infinity });
    const [a, b, c, d] = [of("a"), of("b"), of("c"), of("d")];
    const there = new Set([a, b, c, d]);
    const told: string[] = [];
    const events = new EventEmitter();
    const tries = new Tries<Named>(
      () => [...there],
      ({ name }) => {
        told.push(name);
        if (told.length === 1) tries.plan(a, 15); // once more
        if (told.length === 3) events.emit("done");
      },
    );
    const done = once(events, "done");
    const alive = setInterval(() => undefined, 1000); // its timer does not keep the process
    tries.plan(b, 40);
    tries.plan(a, 5);
    tries.plan(c, 1);
    tries.plan(c, 60_000);
    tries.plan(d, 10);
    there.delete(d);
    await done;
    clearInterval(alive);
    // A machine that is busy may tell them late, and so in another order.
    assert.deepEqual(told.sort(), ["a", "a", "b"]);
    tries.stop();
  });
});
