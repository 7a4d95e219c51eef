import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ListenOptions, type RpcConnection, RpcError, RpcServer, connect } from "../../src/runtime/index.ts";
import { Random } from "../fuzz/random.ts";
import { whyNoAddon } from "../native/addon.ts";
import { openDescriptors } from "../ipc/descriptors.ts";
import { skipFor } from "../ipc/skip.ts";
import { until } from "./conformance/case.ts";
import { callOn } from "./death/calls.ts";
import { type Child, startChild } from "./death/child.ts";
import { watchRemains } from "./death/remains.ts";
import { DEATH_ROWS, type DeathRow, type Place } from "./death/rows.ts";
import { SEED } from "./faults/proxy.ts";
import { ECHO, SERVICE, testService } from "./support.ts";

/** Deaths of each side, over each transport. `npm run chaos` has more. Of those that need no addon, a few are enough without it. */
const DEATHS = Number(process.env["TSRPC_DEATHS"] ?? (whyNoAddon() === undefined ? 20 : 4));

/** Processes that are started in advance, while others are killed. */
const AHEAD = 2;

/** Milliseconds behind its beginning in which a process is killed: before it listens, or connects, and in the middle of calls. */
const MAX_LIFE_MS = 60;

/** The other side is told within that. */
const TOLD_WITHIN_MS = 1000;

function alone(place: Place): ListenOptions {
  return { tcp: false, udp: false, local: false, portmap: "off", ...place.listen };
}

/** Connects as soon as that goes. Undefined where it does not before the server ends. */
async function connectTo(open: () => Promise<RpcConnection>, child: Child): Promise<RpcConnection | undefined> {
  let hasEnded = false;
  void child.ended.then(() => (hasEnded = true));
  for (;;) {
    const over = hasEnded as boolean;
    try {
      return await open();
    } catch (error) {
      assert(error instanceof RpcError && error.code === "RPC_CANTCONNECT", String(error));
      assert.doesNotMatch(error.message, /no connection within/, "it is told that the server has ended");
      if (over) return undefined;
    }
    await new Promise(setImmediate);
  }
}

/** The server is killed. Its client is told, and nothing hangs. */
async function killServer(row: DeathRow, place: Place | undefined, lifeMs: number): Promise<void> {
  const { child, connect: open } = await row.serve(place);
  const opening = connectTo(open, child);
  const calls = opening.then((connection) => (connection === undefined ? [] : callOn(connection)));
  setTimeout(() => {
    child.kill();
  }, lifeMs);
  await child.ended;
  const endedAtMs = performance.now();
  for (const error of await calls) {
    assert(error instanceof RpcError, String(error));
    assert(["RPC_CANTRECV", "RPC_CANTSEND"].includes(error.code), String(error));
  }
  const toldMs = performance.now() - endedAtMs;
  assert(toldMs < TOLD_WITHIN_MS, `the client was told after ${toldMs} ms`);
  await (await opening)?.close();
}

/** Whether there is a process with a word in its command line. */
function hasProcess(word: string): boolean {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(word);
      } catch {
        return false; // it has ended
      }
    });
}

/** A process that was started in advance. */
class Ahead<T> {
  readonly #make: () => Promise<T>;
  readonly #made: Promise<T>[] = [];

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  take(): Promise<T> {
    while (this.#made.length < AHEAD) this.#made.push(this.#make());
    return this.#made.shift() as Promise<T>;
  }

  get rest(): Promise<T[]> {
    return Promise.all(this.#made);
  }
}

describe(`runtime: ${DEATHS} deaths over each transport (TSRPC_SEED=${SEED})`, function () {
  this.timeout(60_000 + DEATHS * 2000);
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-death-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const row of DEATH_ROWS) {
    const lives = new Random(SEED);

    it(`${row.name}: of servers, whose next start reclaims what they left`, async function () {
      skipFor(this, row.missing);
      const place = await row.place?.(folder);
      const nothingRemains = watchRemains();
      let descriptors = 0;
      for (let i = 0; i < DEATHS; i++) {
        await killServer(row, place, lives.below(MAX_LIFE_MS));
        if (i === 0) descriptors = openDescriptors();
      }
      if (place !== undefined) {
        await using server = new RpcServer().add(testService());
        await server.listen(alone(place));
        const connection = await connect(SERVICE, place.connect);
        assert.equal(await connection.call(ECHO, 3), 3);
        await connection.close();
      }
      await until(() => openDescriptors() <= descriptors);
      assert.deepEqual(row.left(folder), []);
      await nothingRemains();
    });

    if (row.place === undefined) {
      it(`${row.name}: of clients, whose servers end with them`, async function () {
        skipFor(this, row.missing ?? (process.platform === "linux" ? undefined : "written for Linux"));
        const descriptors = openDescriptors();
        const parents = new Ahead(() => startChild("parent", { listen: {}, connect: { path: folder } }));
        for (let i = 0; i < DEATHS; i++) {
          const child = await parents.take();
          await new Promise((resolve) => setTimeout(resolve, lives.below(MAX_LIFE_MS)));
          child.kill();
          await child.ended;
        }
        for (const child of await parents.rest) {
          child.kill();
          await child.ended;
        }
        // They may have had to begin still.
        await until(() => !hasProcess(folder));
        await until(() => openDescriptors() <= descriptors);
      });
      continue;
    }

    it(`${row.name}: of clients, who leave nothing`, async function () {
      skipFor(this, row.missing);
      const place = (await row.place?.(folder)) as Place;
      await using server = new RpcServer().add(testService());
      await server.listen(alone(place));
      const other = await connect(SERVICE, place.connect);
      assert.equal(await other.call(ECHO, 0), 0);
      const descriptors = openDescriptors();
      const left = row.left(folder).sort();
      const nothingRemains = watchRemains();
      const clients = new Ahead(() => startChild("client", place));
      for (let i = 0; i < DEATHS; i++) {
        const child = await clients.take();
        await new Promise((resolve) => setTimeout(resolve, lives.below(MAX_LIFE_MS)));
        child.kill();
        await child.ended;
        assert.equal(await other.call(ECHO, i), i);
      }
      for (const child of await clients.rest) {
        child.kill();
        await child.ended;
      }
      const endedAtMs = performance.now();
      await until(() => server.connections === 1 && server.stats().running === 0);
      const toldMs = performance.now() - endedAtMs;
      assert(toldMs < TOLD_WITHIN_MS, `the server was told after ${toldMs} ms`);
      // Who died before its connection was made is found out by the next one.
      const next = await connect(SERVICE, place.connect);
      assert.equal(await next.call(ECHO, 5), 5);
      await next.close();
      await until(() => server.connections === 1 && openDescriptors() <= descriptors);
      assert.deepEqual(row.left(folder).sort(), left);
      await other.close();
      await server.close();
      assert.deepEqual(row.left(folder), []);
      await nothingRemains();
    });
  }
});
