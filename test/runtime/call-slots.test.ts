import assert from "node:assert/strict";
import { CallSlots } from "../../src/runtime/call-slots.ts";

interface Call {
  readonly xid: number;
}

describe("runtime: calls by xid", () => {
  const call = (xid: number): Call => ({ xid });
  const xids = (slots: CallSlots<Call>): number[] =>
    slots
      .all()
      .map(({ xid }) => xid)
      .sort((a, b) => a - b);

  it("are found, each by its own xid alone, and go", () => {
    const slots = new CallSlots<Call>();
    assert.equal(slots.find(0), undefined);
    const [a, b] = [call(7), call(0xffff_ffff)];
    slots.add(a);
    slots.add(b);
    assert.deepEqual([slots.find(7), slots.find(0xffff_ffff), slots.find(7 + 1024)], [a, b, undefined]);
    assert.deepEqual([slots.size, slots.isTaken(7), slots.isTaken(8)], [2, true, false]);
    slots.remove(a);
    slots.remove(a);
    assert.deepEqual([slots.find(7), slots.size, xids(slots)], [undefined, 1, [0xffff_ffff]]);
  });

  it("does not take one call for another whose slot is the same", () => {
    const slots = new CallSlots<Call>();
    const [a, b] = [call(1), call(1 + 2 ** 20)];
    slots.add(a);
    slots.add(b); // made while the other one was
    assert.deepEqual([slots.find(1), slots.find(1 + 2 ** 20)], [a, b]);
    slots.remove(b);
    assert.deepEqual([slots.find(1), slots.find(1 + 2 ** 20), slots.size], [a, undefined, 1]);
  });

  it("any number of them, with one that stays while thousands pass", () => {
    const slots = new CallSlots<Call>();
    slots.add(call(5));
    const waiting: Call[] = [];
    for (let xid = 6; xid < 20_000; xid++) {
      if (slots.isTaken(xid)) continue;
      const next = call(xid);
      slots.add(next);
      waiting.push(next);
      if (waiting.length > 300) slots.remove(waiting.shift() as Call);
    }
    assert.equal(slots.size, 301);
    assert.deepEqual(
      xids(slots),
      [5, ...waiting.map(({ xid }) => xid)].sort((a, b) => a - b),
    );
    for (const each of waiting) assert.equal(slots.find(each.xid), each);
  });
});
