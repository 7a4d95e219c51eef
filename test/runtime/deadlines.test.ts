import assert from "node:assert/strict";
import { type Deadlined, Deadlines } from "../../src/runtime/deadlines.ts";

/** What has a deadline, by its name. */
interface Named extends Deadlined {
  readonly name: string;
}

const named = (name: string): Named => ({ name, deadline: undefined });

/** Of those that keep the process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

/** Names in the order in which they expired. `until(n)`: when there are n. */
function trial(also?: (deadlines: Deadlines<Named>, name: string) => void) {
  const expired: string[] = [];
  let look = (): void => undefined;
  const deadlines: Deadlines<Named> = new Deadlines((of) => {
    expired.push(of.name);
    also?.(deadlines, of.name);
    look();
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (expired.length >= count) resolve();
      };
      look();
    });
  return { deadlines, expired, until };
}

describe("deadlines", () => {
  it("expire in the order of their times, and of their beginning where those are the same", async () => {
    const { deadlines, expired, until } = trial();
    deadlines.add(named("d"), 40);
    deadlines.add(named("a"), 5);
    deadlines.add(named("c"), 20);
    deadlines.add(named("b"), 5);
    const startMs = performance.now();
    await until(4);
    assert.deepEqual(expired, ["a", "b", "c", "d"]);
    assert.ok(performance.now() - startMs > 30, "the last one did not wait for its time");
  });

  it("forget what is removed, wherever it stands, and what is removed twice", async () => {
    const { deadlines, expired, until } = trial();
    const all = ["first", "a", "middle", "b", "last"].map(named);
    for (const of of all) deadlines.add(of, 5);
    for (const at of [2, 0, 4, 0]) deadlines.remove(all[at] ?? assert.fail());
    assert.deepEqual(all.map((of) => of.deadline !== undefined), [false, true, false, true, false]); // prettier-ignore
    await until(2);
    assert.deepEqual(expired, ["a", "b"]);
    assert.ok(all.every((of) => of.deadline === undefined));
  });

  it("serve the same time again after the last of it was removed", async () => {
    const { deadlines, expired, until } = trial();
    const gone = named("gone");
    deadlines.add(gone, 5);
    deadlines.remove(gone);
    deadlines.add(named("stays"), 5);
    await until(1);
    deadlines.add(named("later"), 5);
    await until(2);
    assert.deepEqual(expired, ["stays", "later"]);
  });

  it("may be added to by what expires, also with more times than have lists that are kept", async () => {
    const { deadlines, expired, until } = trial((to, name) => {
      if (name === "0") to.add(named("again"), 5);
    });
    for (let i = 0; i < 10; i++) deadlines.add(named(String(i)), 5 + i);
    await until(11);
    assert.deepEqual(expired.toSorted(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "again"]);
  });

  it("stop also what began while another of its time expired", async () => {
    const { deadlines, expired, until } = trial((to, name) => {
      if (name === "0") to.add(named("never"), 5);
    });
    for (let i = 0; i < 6; i++) deadlines.add(named(`kept ${i}`), 1000 + i); // so that an empty list is not kept
    deadlines.add(named("0"), 5);
    await until(1);
    const before = timers();
    deadlines.stop();
    assert.equal(timers(), before - 7);
    assert.deepEqual(expired, ["0"]);
  });

  it("are none for Infinity, and no error beyond what a timer can count", () => {
    const { deadlines } = trial();
    const never = named("never");
    deadlines.add(never, Infinity);
    assert.equal(never.deadline, undefined);
    deadlines.remove(never);
    const late = named("in 300 years");
    deadlines.add(late, 1e13);
    assert.notEqual(late.deadline, undefined);
    deadlines.stop();
  });

  it("keep the process alive only while there is one", () => {
    const { deadlines } = trial();
    const before = timers();
    const of = named("a");
    deadlines.add(of, 60_000);
    assert.equal(timers(), before + 1);
    deadlines.remove(of);
    assert.equal(timers(), before);
    deadlines.add(of, 60_000);
    assert.equal(timers(), before + 1);
    deadlines.stop();
    assert.equal(timers(), before);
  });
});
