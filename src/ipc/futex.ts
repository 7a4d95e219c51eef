/**
 * Futexes: waiting for a change of a word in shared memory (futex(2), Linux).
 *
 * The word is read and written by `Atomics` on an `Int32Array` over `mapping.buffer`; who changes it wakes who waits.
 * @module
 */
import { addon } from "./addon.ts";
import type { NativeKey } from "./handle.ts";
import type { Mapping, NativeMapping } from "./mapping.ts";
import { waitOnThread, type WaitNumber, type ThreadCallback } from "./on-thread.ts";
import { Patience } from "./patience.ts";
import { checkWaitOptions, type SyncWaitOptions, type WaitOptions } from "./wait-options.ts";

interface FutexFunctions {
  // The waits yield whether it waited: the word was as expected.
  futexDiffers(mapping: NativeKey<NativeMapping>, offset: number, expected: number): boolean;
  futexWaiting(
    mapping: NativeKey<NativeMapping>,
    offset: number,
    expected: number,
    callback: ThreadCallback<boolean>,
  ): WaitNumber;
  futexWaitSync(
    mapping: NativeKey<NativeMapping>,
    offset: number,
    expected: number,
    timeoutMs: number | undefined,
  ): boolean;
  futexWake(mapping: NativeKey<NativeMapping>, offset: number, count: number): number;
}

const native = (): FutexFunctions => addon() as FutexFunctions;

/** Of all words of a mapping: conversations in one are alike. */
const patience = new WeakMap<NativeMapping, Patience>();

/** The kernel's "everyone". */
const maxWoken = 2_147_483_647;

/** As `Atomics.wait` has it. `"ok"`: woken; the word may still be the same. `"not-equal"`: it was not as expected, so nobody waited. */
export type FutexWaitResult = "not-equal" | "ok";

/**
 * Waits while the word at `offset` is `expected`, until someone wakes it. The memory stays mapped meanwhile, also where
 * the mapping is closed; that does not end the wait.
 * @param offset bytes from the mapping's begin, a multiple of 4
 * @param expected as an Int32Array or a Uint32Array has it
 * @throws `EINVAL` (offset, expected), `EFAULT` (the memory is gone: someone has truncated it), `EBADF` (the mapping is
 *   closed), `ETIMEDOUT`, `ENOTSUP` (not Linux)
 */
export async function futexWait(
  mapping: Mapping,
  offset: number,
  expected: number,
  options: WaitOptions = {},
): Promise<FutexWaitResult> {
  checkWaitOptions(options);
  options.signal?.throwIfAborted();
  const attempt = (): boolean | undefined => (native().futexDiffers(mapping.key, offset, expected) ? false : undefined);
  if (attempt() !== undefined) return "not-equal";
  const waited = await waitOnThread(
    "futex",
    options,
    (callback) => native().futexWaiting(mapping.key, offset, expected, callback),
    // It was woken when the signal came: the wake is another's.
    (waited) => {
      if (waited && mapping.byteLength > 0) native().futexWake(mapping.key, offset, 1);
    },
    undefined,
    { patience: patienceOf(mapping.native), attempt },
  );
  return resultOf(waited);
}

function resultOf(waited: boolean): FutexWaitResult {
  return waited ? "ok" : "not-equal";
}

function patienceOf(mapping: NativeMapping): Patience {
  let found = patience.get(mapping);
  if (found === undefined) patience.set(mapping, (found = new Patience()));
  return found;
}

/** {@link futexWait}, with the thread waiting. */
export function futexWaitSync(
  mapping: Mapping,
  offset: number,
  expected: number,
  { timeoutMs }: SyncWaitOptions = {},
): FutexWaitResult {
  return resultOf(native().futexWaitSync(mapping.key, offset, expected, timeoutMs));
}

/**
 * Wakes who waits at the word, in any process.
 * @param count how many at most; `Infinity`: all. Default 1
 * @returns how many were woken
 * @throws `EINVAL` (offset, count), `EBADF` (the mapping is closed)
 */
export function futexWake(mapping: Mapping, offset: number, count = 1): number {
  return native().futexWake(mapping.key, offset, count === Infinity ? maxWoken : count);
}
