/**
 * A process that writes random bytes into memory which others use.
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { startScript } from "./node-script.ts";

/** TSRPC_SCRIBBLE_MS: milliseconds of each. A scribble comes every few microseconds. */
const LASTS_MS = Number(process.env.TSRPC_SCRIBBLE_MS ?? 700);

export interface Scribbling {
  /** What is behind the memory. */
  file: string;
  bytes: number;
  /** Bytes at the beginning that half of the scribbles go to, where each byte means something. Default 0. */
  headBytes?: number;
  /** Whether the file is cut, too. Default false. */
  cuts?: boolean;
}

/** Calls something, whatever it throws or rejects with. */
export type Attempt = (call: () => unknown) => Promise<void>;

function scribbler({ file, bytes, headBytes = 0, cuts = false }: Scribbling): string {
  return `
    import { ftruncateSync, openSync, writeSync } from "node:fs";
    import { randomFillSync } from "node:crypto";
    const fd = openSync(${JSON.stringify(file)}, "r+");
    const random = new Uint8Array(64);
    process.stdout.write("ready\\n");
    for (let i = 0; ; i += 1) {
      randomFillSync(random);
      const place = (random[0] << 16) | (random[1] << 8) | random[3];
      const at = place % (i % 2 === 0 && ${String(headBytes)} > 0 ? ${String(headBytes)} : ${String(bytes)});
      writeSync(fd, random, 4, Math.min(random[2] % 40, ${String(bytes)} - at), at);
      // What makes sense now and then leads further than nonsense alone.
      if (i % 7 === 0) writeSync(fd, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 0, Math.min(8, ${String(bytes)}), 0);
      if (${String(cuts)} && i % 2000 === 1999) {
        ftruncateSync(fd, 0);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); // long enough to be looked at
        ftruncateSync(fd, ${String(bytes)});
      }
    }
  `;
}

/**
 * Rounds of calls while it is scribbled.
 * @returns how often each code was thrown; an error without one counts by its text
 */
export async function whileScribbled(
  scribbling: Scribbling,
  round: (attempt: Attempt) => Promise<void>,
  isEnough: (codes: ReadonlyMap<string, number>) => boolean = () => true,
): Promise<Map<string, number>> {
  const codes = new Map<string, number>();
  const attempt: Attempt = async (call) => {
    try {
      await call();
    } catch (error) {
      const { code = String(error) } = error as { code?: string };
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  };
  const child = startScript(scribbler(scribbling), ["ignore", "pipe", "inherit"]);
  try {
    assert(child.stdout !== null);
    await once(child.stdout, "data");
    const begin = performance.now();
    const lastedMs = (): number => performance.now() - begin;
    // How often what is scribbled into can be used at all is the scheduler's matter.
    while (lastedMs() < LASTS_MS || (!isEnough(codes) && lastedMs() < 10 * LASTS_MS)) await round(attempt);
    assert.equal(child.exitCode, null, "the scribbler has ended");
  } finally {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
  return codes;
}

/** No other codes than these were thrown. */
export function onlyOf(codes: ReadonlyMap<string, number>, expected: readonly string[]): void {
  assert.deepEqual(
    [...codes.keys()].filter((code) => !expected.includes(code)),
    [],
  );
}
