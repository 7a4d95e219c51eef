/**
 * Several processes that push into and pop from one Ring or Mailbox, and the books that are kept of it.
 * @module
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PosixSharedMemory, type RingDeath } from "../../src/ipc/index.ts";
import type { Random } from "../fuzz/random.ts";
import { type Form, notesOffset, type PeerOptions, stopProducer } from "./channel-peer.ts";

const script = fileURLToPath(new URL("channel-peer.js", import.meta.url));

/** What the tests' own process does with it. */
export interface Channel {
  readonly kind: "ring" | "mailbox";
  readonly name: string;
  readonly length: number;
  push(bytes: Uint8Array): Promise<void>;
  deaths(): RingDeath[];
}

/** Producers and consumers, each by its form. */
export interface Cast {
  producers: readonly Form[];
  consumers: readonly Form[];
  /** Bytes of a record, from the shortest (at least 8) to the longest. */
  lengths: readonly [number, number];
  /** Tells who is in the middle of something at the moment: a pid. Then that one is killed. */
  busy?: () => number | undefined;
}

/** Records that a channel of these tests holds at most: an unbounded mailbox of 1,000,000 bytes, 16 for each. */
const MAX_HELD = 62_500;

interface Peer {
  child: ChildProcess;
  pid: number;
  line: () => Promise<string>;
}

export class Processes implements AsyncDisposable {
  readonly #channel: Channel;
  readonly #notesName: string;
  readonly #children: ChildProcess[] = [];

  constructor(channel: Channel) {
    this.#channel = channel;
    this.#notesName = `/tsrpcgen-notes-${String(process.pid)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map(kill));
  }

  /**
   * All that the producers push is popped once, each one's in order: a consumer fails where it is not.
   * @param beforeConsumers what is waited for before they begin
   */
  async run(cast: Cast, total: number, beforeConsumers?: () => Promise<void>): Promise<void> {
    const { producers, consumers, lengths } = cast;
    const count = Math.ceil(total / producers.length);
    using notes = this.#notes(producers.length * count);
    const giving = await this.#startAll("produce", producers, { count, lengths, waits: true });
    const taking = await this.#startAll("consume", consumers, { count, lengths, waits: true });
    for (const { child } of giving) child.stdin?.write("go\n");
    await beforeConsumers?.();
    for (const { child } of taking) child.stdin?.write("go\n");
    for (const { line } of giving) assert.equal(await line(), String(count));
    const stop = new Uint8Array(8);
    new DataView(stop.buffer).setUint32(0, stopProducer);
    await Promise.all(consumers.map(() => this.#channel.push(stop)));
    let popped = 0;
    for (const { line } of taking) popped += Number(await line());
    assert.equal(popped, producers.length * count);
    const wrong = notes.each.findIndex((times) => times !== 1);
    assert.equal(wrong, -1, `record ${wrong} came ${notes.each[wrong] ?? ""} times`);
    for (const { child } of [...giving, ...taking]) await ended(child);
    assert.equal(this.#channel.length, 0);
    assert.deepEqual(this.#channel.deaths(), []);
  }

  /**
   * The same, where each of them is killed at some moment while `total` records pass, wave after wave.
   * @returns what was told of the dead
   */
  async runKilled(cast: Cast, total: number, waves: number, random: Random): Promise<RingDeath[]> {
    const { producers, consumers, lengths } = cast;
    const ids = new Map<number, number>();
    // More than any of them comes to.
    const count = 2 * total + MAX_HELD;
    using notes = this.#notes(waves * producers.length * count);
    const deaths: RingDeath[] = [];
    const end = async (peer: Peer | undefined): Promise<void> => {
      assert(peer !== undefined);
      assert.deepEqual([peer.child.exitCode, peer.child.signalCode], [null, null], "it has failed");
      await kill(peer.child);
      deaths.push(...this.#channel.deaths());
    };
    const passed = async (records: number, pair: readonly (Peer | undefined)[]): Promise<void> => {
      while (notes.popped < records) {
        for (const peer of pair) assert.equal(peer?.child.exitCode, null, "it has failed");
        await new Promise(setImmediate);
      }
    };
    // One of each is left to the end of its wave, so that there are always others that go on.
    const kills = waves * (producers.length + consumers.length - 2);
    const moments = random.times(kills, () => random.below(total)).sort((a, b) => a - b);
    for (let wave = 0; wave < waves; wave++) {
      const options = { count, lengths, waits: true };
      const taking = await this.#startAll("consume", consumers, options);
      const giving = await this.#startAll("produce", producers, options, wave * producers.length);
      for (const [index, { pid }] of giving.entries()) ids.set(pid, wave * producers.length + index);
      for (const { child } of [...giving, ...taking]) child.stdin?.write("go\n");
      while (giving.length + taking.length > 2) {
        await passed(moments.shift() ?? 0, [giving[0], taking[0]]);
        await end(takeVictim(giving, taking, cast.busy, random));
      }
      const last = wave === waves - 1;
      if (last) await passed(total, [giving[0], taking[0]]);
      await end(giving[0]);
      while (last && this.#channel.length > 0) await new Promise(setImmediate);
      await end(taking[0]);
    }
    this.#audit(deaths, ids, notes.each, count);
    return deaths;
  }

  /** The books are right to the record. */
  #audit(deaths: RingDeath[], ids: ReadonlyMap<number, number>, each: Uint8Array, count: number): void {
    assert.deepEqual(
      deaths.map(({ pid }) => pid).sort((a, b) => a - b),
      this.#children.map(({ pid }) => pid ?? 0).sort((a, b) => a - b),
    );
    const sum = (of: (death: RingDeath) => number): number => deaths.reduce((total, death) => total + of(death), 0);
    const popped = sum((death) => death.popped);
    assert.equal(
      sum((death) => death.pushed),
      popped,
    );
    let noted = 0;
    for (const { pid, pushed, role } of deaths) {
      const id = ids.get(pid);
      if (id === undefined) continue;
      assert(role === "producer" || role === "none", role);
      const records = each.subarray(id * count, (id + 1) * count);
      for (const times of records.subarray(0, pushed)) {
        assert(times <= 1);
        noted += times;
      }
      const beyond = records.subarray(pushed).findIndex((times) => times !== 0);
      assert.equal(beyond, -1);
    }
    // A consumer that was killed between its pop and its note has one record, which its count tells of.
    const consumers = deaths.filter(({ pid }) => !ids.has(pid)).length;
    const unnoted = popped - noted;
    assert(unnoted >= 0 && unnoted <= consumers, `${unnoted} popped and not noted by ${consumers}`);
  }

  #notes(records: number): { popped: number; each: Uint8Array } & Disposable {
    using memory = PosixSharedMemory.open(this.#notesName, {
      create: true,
      exclusive: true,
      size: notesOffset + records,
    });
    const mapping = memory.map();
    const total = new Int32Array(mapping.buffer, 0, 1);
    return {
      get popped() {
        return Atomics.load(total, 0);
      },
      each: mapping.bytes.subarray(notesOffset),
      [Symbol.dispose]: () => {
        mapping.close();
        PosixSharedMemory.unlink(this.#notesName);
      },
    };
  }

  async #startAll(
    role: PeerOptions["role"],
    forms: readonly Form[],
    rest: Pick<PeerOptions, "count" | "lengths" | "waits">,
    firstId = 0,
  ): Promise<Peer[]> {
    return Promise.all(forms.map((form, index) => this.#start({ role, form, id: firstId + index, ...rest })));
  }

  async #start(options: Omit<PeerOptions, "name" | "kind" | "notes">): Promise<Peer> {
    const { name, kind } = this.#channel;
    const argument = JSON.stringify({ ...options, name, kind, notes: this.#notesName });
    const child = spawn(process.execPath, [script, argument], { stdio: ["pipe", "pipe", "inherit"] });
    this.#children.push(child);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const line = async (): Promise<string> => String((await lines.next()).value);
    assert.equal(await line(), "ready");
    assert(child.pid !== undefined);
    return { child, pid: child.pid, line };
  }
}

/** Looks for someone who is busy. */
const MAX_LOOKS = 20_000;

/** One that is to be killed now, whichever: but the last of each kind stays. */
function takeVictim(giving: Peer[], taking: Peer[], busy: Cast["busy"], random: Random): Peer | undefined {
  const several = [giving, taking].filter((peers) => peers.length > 1);
  for (let look = 0; busy !== undefined && look < MAX_LOOKS; look++) {
    const pid = busy();
    for (const peers of several) {
      const index = peers.findIndex((peer) => peer.pid === pid);
      if (index >= 0) return peers.splice(index, 1)[0];
    }
  }
  // Who counts a record has just popped it: any moment from there on.
  const moment = performance.now() + random.below(2000) / 1000;
  while (performance.now() < moment);
  const from = random.pick(several);
  return from.splice(random.below(from.length), 1)[0];
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** By SIGKILL. */
export async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await ended(child);
}
