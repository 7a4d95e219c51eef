/**
 * A process that calls tsrpcgen/ipc, and the addon below it, in every wrong way for a while. All that it may do is to
 * throw: the target `ipc` looks at how it ends. What it is about to call stands on standard output.
 */
import { createRequire } from "node:module";
import { closeSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setImmediate as turn } from "node:timers/promises";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { addon } from "../../../src/ipc/addon.ts";
import { Mapping } from "../../../src/ipc/index.ts";
import { Random } from "../random.ts";
import { argumentsFor, nativeClasses, nativeFunctions, nativeMethods, type Addon, type Place } from "./native-calls.ts";
import { callSome, publicCalls } from "./public-calls.ts";
import { anything, Expected, type Pool } from "./values.ts";

export interface Order extends Place {
  readonly seed: number;
  readonly calls: number;
  /** Where a thread writes what it is about to call. */
  readonly told?: Uint8Array;
}

/** Milliseconds after which a thread is told of that does not end. */
const LATE_MS = 10_000;

/** Objects that are kept; more are garbage. */
const maxObjects = 60;
/** Waits that go on: each is a thread. */
const maxWaits = 16;

class Caller {
  readonly #order: Order;
  readonly #random: Random;
  readonly #native: Addon;
  readonly #pool: Pool;
  readonly #cancels: (() => unknown)[] = [];
  #depth = 0;

  constructor(order: Order) {
    this.#order = order;
    this.#random = new Random(order.seed);
    this.#native = addon() as Addon;
    this.#pool = {
      random: this.#random,
      objects: [],
      views: [],
      disturb: () => {
        this.#disturb();
      },
    };
  }

  async run(): Promise<void> {
    for (let i = 0; i < this.#order.calls; i += 1) {
      this.#attempt(() => this.#call());
      if (this.#cancels.length > maxWaits) this.#attempt(() => this.#cancels.shift()?.());
      if (this.#random.oneIn(20)) await turn();
      if (this.#random.oneIn(200)) this.#collect();
    }
    for (const cancel of this.#cancels.splice(0)) this.#attempt(cancel);
    for (const object of this.#pool.objects.splice(0)) this.#close(object);
    await turn();
  }

  #attempt(call: () => unknown): void {
    try {
      this.#keep(call());
    } catch (error) {
      // Errors are what is to come of it. A stack that is exhausted would be an endless loop of ours.
      if (error instanceof RangeError && error.message.startsWith("Maximum call stack")) throw error;
    }
  }

  #tell(call: string): void {
    const { told } = this.#order;
    if (told === undefined) writeSync(1, `${call}\n`);
    else told.fill(0).set(Buffer.from(call).subarray(0, told.length));
  }

  #call(): unknown {
    const random = this.#random;
    const pool = this.#pool;
    const { objects } = pool;
    switch (random.below(8)) {
      case 0:
      case 1: {
        const name = random.pick(Object.keys(nativeFunctions));
        return this.#invoke(
          name,
          this.#native[name],
          undefined,
          argumentsFor(nativeFunctions[name] ?? [], pool, this.#order),
        );
      }
      case 2: {
        const name = random.pick(Object.keys(nativeClasses));
        this.#tell(`new ${name}`);
        const made = this.#native[name] as new (...args: unknown[]) => object;
        return new made(...argumentsFor(nativeClasses[name] ?? [], pool, this.#order));
      }
      case 3:
        return this.#callMethod(random.pick(Object.keys(nativeClasses)));
      case 4: {
        const name = random.pick(Object.keys(publicCalls));
        this.#tell(name);
        return publicCalls[name]?.(pool, this.#order);
      }
      default:
        if (objects.length === 0) return undefined;
        return callSome(random.pick(objects), pool, (call) => {
          this.#tell(call);
        });
    }
  }

  /** A method of one of the addon's classes, on an object of it or on anything else. */
  #callMethod(className: string): unknown {
    const random = this.#random;
    const { prototype } = this.#native[className] as { prototype: object };
    const key = random.pick(Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor"));
    const fitting = this.#pool.objects.filter((object) => Object.getPrototypeOf(object) === prototype);
    const receiver: unknown = fitting.length > 0 && !random.oneIn(6) ? random.pick(fitting) : anything(this.#pool);
    const property = Object.getOwnPropertyDescriptor(prototype, key);
    const callee: unknown = Reflect.get(property ?? {}, property !== undefined && "get" in property ? "get" : "value");
    const isWaitOfSemaphore = className === "PosixSemaphore" && key === "wait";
    const args = isWaitOfSemaphore
      ? [() => undefined]
      : argumentsFor(nativeMethods[key] ?? [(pool) => anything(pool)], this.#pool, this.#order);
    if (typeof receiver === "object" && receiver !== null && className === "Descriptor" && random.oneIn(4))
      Object.assign(receiver, { onReady: this.#pool.disturb });
    const result = this.#invoke(`${className}.${key}`, callee, receiver, args);
    if (key === "release" && typeof result === "number" && result > 2) closeSync(result);
    return result;
  }

  #invoke(name: string, callee: unknown, receiver: unknown, args: unknown[]): unknown {
    this.#tell(name);
    return Reflect.apply(callee as () => unknown, receiver, args) as unknown;
  }

  /** What a call has made. */
  #keep(made: unknown): void {
    if (made instanceof Promise) {
      made.then(
        (value: unknown) => {
          this.#keep(value);
        },
        () => undefined,
      );
      return;
    }
    if (typeof made === "function") {
      this.#cancels.push(made as () => unknown);
      return;
    }
    if (typeof made !== "object" || made === null) return;
    if (Array.isArray(made)) {
      for (const one of made.slice(0, 4)) this.#keep(one);
      return;
    }
    const { constructor } = made;
    if (constructor === Object) {
      for (const one of Object.values(made)) this.#keep(one);
      return;
    }
    if (ArrayBuffer.isView(made) || made instanceof ArrayBuffer) return;
    if (made instanceof Mapping && made.byteLength > 0 && made.byteLength < 2 ** 20) this.#pool.views.push(made.bytes);
    if (this.#pool.views.length > 8) this.#pool.views.shift();
    this.#pool.objects.push(made);
    if (this.#pool.objects.length > maxObjects) this.#pool.objects.splice(this.#random.below(maxObjects), 1);
  }

  /** What a getter or a callback does in the middle of a call. */
  #disturb(): void {
    const { objects } = this.#pool;
    // What it closes may call back in its turn.
    if (this.#depth > 2) return;
    this.#depth += 1;
    try {
      if (this.#random.oneIn(3) && objects.length > 0) this.#close(this.#random.pick(objects));
      if (this.#random.oneIn(20)) this.#collect();
    } finally {
      this.#depth -= 1;
    }
  }

  #close(object: object): void {
    try {
      if ("close" in object && typeof object.close === "function") (object.close as () => void)();
    } catch {
      // Not all that has the method is what it seems to be.
    }
  }

  #collect(): void {
    (globalThis as { gc?: () => void }).gc?.();
  }
}

process.on("uncaughtException", (error) => {
  if (error instanceof Expected || error instanceof TypeError || "syscall" in error) return;
  throw error;
});
process.on("unhandledRejection", () => undefined);

if (isMainThread) {
  const order = JSON.parse(process.argv[2] ?? "") as Order;
  createRequire(import.meta.url); // The addon is the process's, its instances the threads'.
  // A thread with an instance of its own does the same meanwhile, and is ended in the middle of it.
  const told = new Uint8Array(new SharedArrayBuffer(64));
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { ...order, seed: order.seed ^ 0x5555_5555, told },
  });
  worker.on("error", () => undefined);
  await new Caller(order).run();
  setTimeout(() => {
    writeSync(2, `the thread does not end: ${Buffer.from(told).toString()}\n`);
  }, LATE_MS).unref();
  await worker.terminate();
  writeSync(1, "done\n");
  process.exit(0);
} else await new Caller(workerData as Order).run();
