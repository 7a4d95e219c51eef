/** What runs fuzz targets: iterations by seed, a limit of time for each input, and small inputs for what fails. */
import { performance } from "node:perf_hooks";
import { Random } from "./random.ts";
import { type Input, shrink } from "./shrink.ts";

/** One thing that is to hold for any input. Each is the default export of a file under `targets/`, named as the target is. */
export interface FuzzTarget {
  readonly name: string;
  /** What holds, in one line. */
  readonly about: string;
  /** Makes and tries inputs for as long as `context.next()` gives random choices for one more. */
  run(context: FuzzContext): Promise<void>;
}

export interface FuzzContext {
  /** The choices of the next iteration; undefined where it is the end. */
  next(): Random | undefined;
  /** Tries one input. Throws a {@link FuzzFault} where it fails. */
  attempt<T extends Input>(input: T, how: Attempt<T>): Promise<void>;
}

export interface Attempt<T extends Input> {
  /** Throws where something is wrong. */
  readonly check: (input: T) => void | Promise<void>;
  /** Milliseconds within which `check` is to end. */
  readonly limitMs: number;
  /** What is to be known besides the input. */
  readonly about?: string;
}

export interface FuzzRun {
  /** That of the first iteration. */
  readonly seed: number;
  /** When to stop. */
  readonly until: { readonly iterations: number } | { readonly seconds: number };
  /** Times a limit that an input may take, since other work on the machine makes it slow. Default 2. */
  readonly slack?: number;
  /** Milliseconds that making a failing input smaller may take. Default 10 000. */
  readonly shrinkMs?: number;
  /** Told of each input before it is tried. */
  readonly onAttempt?: (seed: number, input: Input, about: string) => void;
}

/** An input for which a target does not hold. */
export class FuzzFault extends Error {
  /** That of the iteration: with it as the first one, the same happens again. */
  readonly seed: number;
  readonly input: Input;
  readonly about: string;

  constructor(seed: number, input: Input, about: string, cause: unknown) {
    const what = cause instanceof Error ? cause.message : String(cause);
    super(`${what}; seed ${seed}, ${about}, input ${showInput(input)}`, { cause });
    this.seed = seed;
    this.input = input;
    this.about = about;
  }
}

/** Runs a target to its end, and gives the number of iterations. Throws its first fault. */
export async function runTarget(target: FuzzTarget, run: FuzzRun): Promise<number> {
  const { until, slack = 2, shrinkMs = 10_000 } = run;
  const end = "seconds" in until ? performance.now() + until.seconds * 1000 : Infinity;
  const most = "iterations" in until ? until.iterations : Infinity;
  let iterations = 0;
  let seed = run.seed;
  await target.run({
    next() {
      if (iterations >= most || performance.now() >= end) return undefined;
      // The first iteration has the seed itself, so that an iteration is repeated by its own.
      seed = (run.seed + Math.imul(iterations, 0x9e3779b1)) >>> 0;
      iterations += 1;
      return new Random(seed);
    },
    async attempt(input, { check, limitMs, about = "" }) {
      const how = { check, limitMs: limitMs * slack };
      run.onAttempt?.(seed, input, about);
      const failure = await failureOf(input, how);
      if (failure === undefined) return;
      const kind = kindOf(failure);
      const fails = async (candidate: typeof input): Promise<boolean> => {
        run.onAttempt?.(seed, candidate, about);
        const other = await failureOf(candidate, how);
        return other !== undefined && kindOf(other) === kind;
      };
      const smaller = await shrink(input, fails, shrinkMs);
      // What does not happen each time is told as it was seen.
      throw new FuzzFault(seed, smaller, about, (await failureOf(smaller, how)) ?? failure);
    },
  });
  return iterations;
}

class TooSlow extends Error {}

/** What takes this many times its limit is not tried again. */
const HOPELESS = 3;

/** What goes wrong with an input; undefined where nothing does. What is slow is tried again: it may have been bad luck. */
async function failureOf<T extends Input>(input: T, { check, limitMs }: Attempt<T>): Promise<Error | undefined> {
  let least = Infinity;
  for (let tries = 0; tries < 3; tries++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    try {
      await check(input);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, performance.now() - start, (user + system) / 1000);
    if (least <= limitMs) return undefined;
    if (least > HOPELESS * limitMs) break;
  }
  return new TooSlow(`takes ${least.toFixed(0)} ms, and may take ${limitMs.toFixed(0)} ms`);
}

/** The same for two errors of the same cause, as far as can be told: the error's class, and the place of ours that threw it. */
function kindOf(error: Error): string {
  const overflow = error instanceof RangeError && /call stack/.test(error.message);
  const frame = /^ +at .*(?:src|grammar|test)\/.*$/m.exec(error.stack ?? "")?.[0];
  return `${error.constructor.name} ${overflow ? "" : (frame ?? error.message.replace(/\d+/g, "0"))}`;
}

/** Characters of an input that are shown; the seed gives the rest. */
const SHOWN = 4000;

/** An input on one line. */
export function showInput(input: Input): string {
  const text = typeof input === "string" ? JSON.stringify(input.slice(0, SHOWN)) : hex(input.subarray(0, SHOWN / 2));
  return input.length <= SHOWN ? text : `${text} … (${input.length} in all)`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
