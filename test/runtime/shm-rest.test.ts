import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SHM_LOOK_SHARE_US, SHM_LOOK_US, SHM_TURN_US } from "../../src/runtime/limits.ts";
import { type Looking, Rest } from "../../src/runtime/transport/shm/rest.ts";
import { skipUnlessShm } from "./shm-support.ts";

/** A connection whose peer answers when the test says so. */
class Fake implements Looking {
  /** Microseconds of each look. */
  readonly looks: number[] = [];
  /** Microseconds until a look sees something; -1: it does not. */
  seesAfterUs = -1;
  sleeps = 0;
  wakes = 0;
  reads = 0;
  isBusy = false;
  isLong = false;
  readonly rest: Rest;
  readonly spinner = {
    spin: (_value: number, us: number): number => {
      this.looks.push(us);
      if (this.seesAfterUs > 0) holdFor(this.seesAfterUs);
      return this.seesAfterUs;
    },
    close: (): void => undefined,
  };

  constructor(busyPollUs?: number) {
    this.rest = new Rest(this, busyPollUs);
    assert(this.rest.start());
  }

  position(): number {
    return 0;
  }

  read(): number | undefined {
    this.reads++;
    return 1;
  }

  hasMore(): boolean {
    return true;
  }

  expects(): boolean {
    return this.isBusy;
  }

  isInRecord(): boolean {
    return this.isLong;
  }

  sleep(): boolean {
    this.sleeps++;
    return true;
  }

  wake(): void {
    this.wakes++;
  }
}

const tick = (): Promise<void> => new Promise((resolve) => { process.nextTick(resolve); }); // prettier-ignore

/** So that what came seems to have come late. */
function holdFor(us: number): void {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
}

describe("runtime: shm: when an end looks, and when it sleeps", () => {
  it("looks for SHM_LOOK_US behind what it sent, then sleeps; it does not look at rest", async () => {
    const fake = new Fake();
    await turn();
    assert.deepEqual([fake.looks, fake.sleeps], [[], 1]);
    fake.rest.sent();
    fake.rest.sent();
    await turn();
    assert.deepEqual([fake.looks, fake.sleeps, fake.wakes], [[SHM_LOOK_US], 2, 1]);
    await turn();
    assert.equal(fake.looks.length, 1);
  });

  it("busyPollUs is the time to look, whatever the peer does", async () => {
    const fake = new Fake(700);
    for (let round = 1; round < 5; round++) {
      fake.rest.sent();
      await turn();
      assert.deepEqual(fake.looks, Array<number>(round).fill(700));
      holdFor(2000);
      fake.rest.rung();
      await turn();
    }
  });

  it("several that look at a time take SHM_LOOK_SHARE_US each, in turn", async () => {
    const fakes = [new Fake(), new Fake(), new Fake()];
    for (const { rest } of fakes) rest.sent();
    while (fakes.some(({ sleeps }) => sleeps < 2)) await turn();
    for (const { looks } of fakes.slice(0, 2)) {
      assert.deepEqual(new Set(looks), new Set([SHM_LOOK_SHARE_US]));
      assert.equal(looks.length, SHM_LOOK_US / SHM_LOOK_SHARE_US);
    }
    assert(fakes[2]?.looks.some((us) => us === SHM_LOOK_SHARE_US));
  });

  it("a peer that takes its time is not looked for, and soon again once it does not", async () => {
    const fake = new Fake();
    const round = async (us: number): Promise<boolean> => {
      const before = fake.looks.length;
      fake.rest.sent();
      await tick();
      await tick();
      if (fake.looks.length === before) holdFor(us);
      else if (us > SHM_LOOK_US) holdFor(us);
      fake.rest.rung();
      await turn();
      return fake.looks.length > before;
    };
    const slow: boolean[] = [];
    for (let i = 0; i < 10; i++) slow.push(await round(2000));
    assert(slow[0] === true && slow.at(-1) === false, String(slow));
    const fast: boolean[] = [];
    for (let i = 0; i < 60; i++) fast.push(await round(0));
    assert(fast[0] === false && fast.at(-1) === true, String(fast));
  });

  it("in the middle of a record its next piece is looked for, however long records take", async () => {
    const fake = new Fake();
    for (let i = 0; i < 10; i++) {
      fake.rest.sent();
      await turn();
      holdFor(2000);
      fake.rest.rung();
      await turn();
    }
    const before = fake.looks.length;
    fake.rest.sent();
    await turn();
    assert.equal(fake.looks.length, before, "records take long");
    fake.isLong = true;
    fake.rest.rung();
    await turn();
    assert.equal(fake.looks.length, before + 1);
    // Who sends its pieces slowly is not looked for any more, either.
    for (let i = 0; i < 20; i++) {
      holdFor(2000);
      fake.rest.rung();
      await turn();
    }
    const slow = fake.looks.length;
    fake.rest.rung();
    await turn();
    assert.equal(fake.looks.length, slow);
  });

  it("the event loop has a turn after SHM_TURN_US, however fast the calls are", async () => {
    const fake = new Fake();
    fake.isBusy = true;
    fake.seesAfterUs = 20;
    const seen: number[] = [];
    fake.rest.sent();
    for (let turns = 0; turns < 5; turns++) {
      await turn();
      seen.push(fake.looks.length);
    }
    fake.rest.stop();
    for (let i = 1; i < seen.length; i++) {
      const looks = (seen[i] as number) - (seen[i - 1] as number);
      assert(looks > 0 && looks <= SHM_TURN_US / 20 + 2, String(seen));
    }
  });

  it("one that has ended looks no more, and leaves the time to others", async () => {
    const [ended, other] = [new Fake(), new Fake()];
    ended.rest.sent();
    ended.rest.stop();
    other.rest.sent();
    await turn();
    assert.deepEqual([ended.looks, other.looks], [[], [SHM_LOOK_US]]);
  });
});

describe("runtime: shm: processes that call each other", function () {
  this.timeout(60_000 + Number(process.env["TSRPC_SHM_CALLS"] ?? 0));
  before(skipUnlessShm);

  /** Calls of each of these tests: `npm run chaos` makes more. */
  const calls = Number(process.env["TSRPC_SHM_CALLS"] ?? 10_000);
  const idleMs = Number(process.env["TSRPC_SHM_IDLE_MS"] ?? 2000);
  const program = fileURLToPath(new URL("./shm-ping-pong.js", import.meta.url));
  const children: ChildProcess[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
    }
  });

  /** Starts it, on some processors alone. @returns its lines */
  function start(args: readonly string[], processors?: string): AsyncIterator<string> {
    const pinned = processors === undefined ? [] : ["taskset", "-c", processors];
    const [file = "", ...rest] = [...pinned, process.execPath, program, ...args];
    const child = spawn(file, rest, { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    return createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  const line = async (lines: AsyncIterator<string>): Promise<string> => String((await lines.next()).value);

  for (const [how, server, client] of [
    ["wherever they run", undefined, undefined],
    ["on one processor", "0", "0"],
    ["on two processors", "0", "1"],
  ] as const)
    it(`no wake-up is lost, with random pauses, ${how}`, async function () {
      if (client !== undefined && !existsSync(`/sys/devices/system/cpu/cpu${client}`)) this.skip();
      const path = await line(start(["server"], server));
      assert.equal(await line(start(["client", path, String(calls)], client)), "shm done");
    });

  it("no wake-up is lost between two threads of a process", async () => {
    assert.equal(await line(start(["threads", String(calls)])), "shm done");
  });

  it("timers fire at both ends while calls follow each other at once, and where handlers take long", async () => {
    const path = await line(start(["server"]));
    const [turns, most] = (await line(start(["turns", path, "5000"]))).split(" ").map(Number);
    assert((turns as number) >= 5000 / 500, `${turns} turns of the client in 5000 calls`);
    assert((most as number) <= 32, `${most} calls of 0.2 ms within one turn of the server`);
  });

  it("an idle connection costs no processor time", async () => {
    const server = start(["server"]);
    const path = await line(server);
    const client = start(["idle", path, String(idleMs)]);
    const [clientShare, serverShare] = (await line(client)).split(" ").map(Number);
    assert((clientShare as number) < 0.05, `the client used ${clientShare} of a processor`);
    assert((serverShare as number) < 0.05, `the server used ${serverShare} of a processor`);
  });
});
