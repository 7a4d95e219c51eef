import assert from "node:assert/strict";
import { once } from "node:events";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { socketpair } from "../../src/ipc/index.ts";
import { MAX_LOOK_AWAY_US, MAX_LOOK_US, MAX_LOOKS_AT_ONCE, MAX_WAITS_WITHOUT_LOOK } from "../../src/ipc/limits.ts";
import { Patience } from "../../src/ipc/patience.ts";
import { skipUnlessIpc } from "./descriptors.ts";

const ipcUrl = new URL("../../src/ipc/index.js", import.meta.url).href;

/** Each look of it finds in time what is there, however busy the machine is. */
const unhurried = (): Patience => new Patience(() => 0);

/** A wait by it. @returns whether it looked */
function waitWith(patience: Patience, found: boolean): Promise<boolean> {
  let looked = false;
  return new Promise((resolve) => {
    patience.begin(
      () => {
        looked = true;
        if (found) resolve(true);
        return found;
      },
      () => {
        resolve(looked);
      },
    );
  });
}

async function looksOf(patience: Patience, waits: number, found: boolean): Promise<number> {
  let looks = 0;
  for (let n = 0; n < waits; n += 1) looks += Number(await waitWith(patience, found));
  return looks;
}

describe("Patience", () => {
  before(skipUnlessIpc);

  it("looks at each wait of a conversation, once there is one", async () => {
    const patience = unhurried();
    assert.equal(await looksOf(patience, 4, true), 0);
    assert.equal(await looksOf(patience, 100, true), 100);
  });

  it("after looks in vain waits twice as often without one, up to a bound", async () => {
    let now = 0;
    let late = 0;
    const patience = new Patience(() => (now += late));
    await looksOf(patience, 5, true);
    late = (MAX_LOOK_US + 1) / 1000;
    const gaps: number[] = [];
    for (let gap = 0, n = 0; n < 6 * MAX_WAITS_WITHOUT_LOOK; n += 1) {
      if (!(await waitWith(patience, false))) gap += 1;
      else {
        gaps.push(gap);
        gap = 0;
      }
    }
    assert.deepEqual(gaps.slice(0, 5), [0, 1, 2, 4, 8]);
    assert.equal(Math.max(...gaps), MAX_WAITS_WITHOUT_LOOK);
    assert.equal(gaps.at(-1), MAX_WAITS_WITHOUT_LOOK);
  });

  it("a look has helped where the peer had the processor for longer than we look, up to a bound", async () => {
    let now = 0;
    let lateMs = 0;
    const patience = new Patience(() => (now += lateMs));
    await looksOf(patience, 4, true);
    lateMs = (MAX_LOOK_AWAY_US - 1) / 1000;
    assert.equal(await looksOf(patience, 100, true), 100);
    lateMs = (MAX_LOOK_AWAY_US + 1) / 1000;
    const looked: boolean[] = [];
    for (let n = 0; n < 7; n += 1) {
      // In a turn of the loop with its looks before it.
      await turnOfTheLoop();
      looked.push(await waitWith(patience, true));
    }
    assert.deepEqual(looked, [true, false, true, false, false, true, false]);
  });

  it("does not look while several wait at once", async () => {
    const patience = unhurried();
    await looksOf(patience, 5, true);
    patience.enter();
    patience.enter();
    assert.equal(await looksOf(patience, 10, true), 0);
    patience.leave();
    assert.equal(await looksOf(patience, 10, true), 10);
  });

  it("the loop turns though every look finds a result, also of different handles", async () => {
    const handles = Array.from({ length: 4 }, unhurried);
    for (const patience of handles) await looksOf(patience, 4, true);
    let turns = 0;
    const onTurn = (): void => {
      turns += 1;
      next = setImmediate(onTurn);
    };
    let next = setImmediate(onTurn);
    const waits = 10 * MAX_LOOKS_AT_ONCE;
    for (let n = 0; n < waits / 4; n += 1) for (const patience of handles) await waitWith(patience, true);
    clearImmediate(next);
    assert(turns >= 9, `${turns} turns in ${waits} waits`);
  });

  it("timers fire while a conversation goes on, the answers to which are always there in time", async () => {
    const [ours, theirs] = socketpair({ type: "seqpacket" });
    const worker = new Worker(
      `const { workerData } = require("node:worker_threads");
       import(workerData.url).then(({ UnixSeqpacketSocket }) => {
         const socket = UnixSeqpacketSocket.adopt(workerData.fd);
         for (let message = socket.receiveSync(); message !== null; message = socket.receiveSync())
           socket.sendSync(message.bytes);
       });`,
      { eval: true, workerData: { fd: theirs.release(), url: ipcUrl } },
    );
    const exit = once(worker, "exit");
    const timer = { fired: false };
    await ours.send(Buffer.from("first"));
    await ours.receive();
    setTimeout(() => (timer.fired = true), 1);
    for (let n = 0; !timer.fired; n += 1) {
      assert(n < 200_000, "the timer had no turn");
      await ours.send(Buffer.from("again"));
      assert.equal((await ours.receive())?.bytes.length, 5);
    }
    ours.close();
    await exit;
  });
});
