/**
 * Eventfds: a counter of the kernel's that can be waited for (eventfd(2), Linux).
 * @module
 */
import { addon } from "./addon.ts";
import { DescriptorHandle, type NativeDescriptor, type NativeKey } from "./handle.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

interface EventFdFunctions {
  eventfd(initial: number, semaphore: boolean): NativeDescriptor;
  adoptEventfd(fd: number): NativeDescriptor;
  // A count crosses as a number where it is a safe integer, and as a bigint beyond. Most are 1, and that need not cross.
  eventfdTake(descriptor: NativeKey<NativeDescriptor>): bigint | number | undefined;
  eventfdTakeSync(descriptor: NativeKey<NativeDescriptor>, timeoutMs?: number): bigint | number;
  eventfdAdd(descriptor: NativeKey<NativeDescriptor>, count?: bigint | number): boolean;
  eventfdAddSync(descriptor: NativeKey<NativeDescriptor>, count?: bigint | number, timeoutMs?: number): void;
}

const native = (): EventFdFunctions => addon() as EventFdFunctions;

/** What a counter holds at most. */
const maxCount = 2n ** 64n - 2n;

export interface EventFdOptions {
  /** What the counter begins with, from 0 to 2^32 - 1. Default 0. */
  initial?: number | undefined;
  /** A take takes 1, not all (`EFD_SEMAPHORE`). Default false. */
  semaphore?: boolean | undefined;
}

/**
 * A counter: what is added up is taken at once, by one. Whoever inherits the descriptor, or was passed it, has the same.
 * All but a blocking take or add without `timeoutMs` sets `O_NONBLOCK`, for everyone who has it.
 */
export class EventFd extends DescriptorHandle {
  /** @throws `EINVAL` (`initial`), `EMFILE`, `ENOTSUP` (not Linux) */
  static create({ initial = 0, semaphore = false }: EventFdOptions = {}): EventFd {
    return new EventFd(native().eventfd(initial, semaphore));
  }

  /**
   * An eventfd that this process was passed or has inherited. It is this handle's from now on.
   * @throws `EBADF`, `EINVAL` (no eventfd): then it stays the caller's
   */
  static adopt(descriptor: number | DescriptorHandle): EventFd {
    if (typeof descriptor === "number") return new EventFd(native().adoptEventfd(descriptor));
    const adopted = native().adoptEventfd(descriptor.fd);
    descriptor.release(); // it is the adopted one's now
    return new EventFd(adopted);
  }

  /**
   * Adds at once.
   * @param count from 0 to 2^64 - 2. Default 1
   * @returns false where the sum would be beyond 2^64 - 2
   */
  tryAdd(count: bigint | number = 1): boolean {
    if (count === 1) return native().eventfdAdd(this.key);
    return native().eventfdAdd(this.key, checkCount(count));
  }

  /** Adds, as soon as the counter holds it. */
  async add(count: bigint | number = 1, options: WaitOptions = {}): Promise<void> {
    checkCount(count);
    await this.readiness.wait("writable", "write", options, () => this.tryAdd(count) || undefined);
  }

  /** {@link add}, with the thread waiting. */
  addSync(count: bigint | number = 1, { timeoutMs }: SyncWaitOptions = {}): void {
    const whole = checkCount(count);
    if (timeoutMs !== undefined) native().eventfdAddSync(this.key, whole, timeoutMs);
    else if (whole === 1) native().eventfdAddSync(this.key);
    else native().eventfdAddSync(this.key, whole);
  }

  /** What the counter holds, which is 0 then; with `semaphore` 1, which it holds less. `undefined` where it holds 0. */
  tryTake(): bigint | undefined {
    const count = native().eventfdTake(this.key);
    return count === undefined ? undefined : toBigInt(count);
  }

  /** {@link tryTake}, as soon as the counter holds something. */
  take(options: WaitOptions = {}): Promise<bigint> {
    return this.readiness.wait("readable", "read", options, () => this.tryTake());
  }

  /** {@link take}, with the thread waiting. */
  takeSync({ timeoutMs }: SyncWaitOptions = {}): bigint {
    if (timeoutMs === undefined) return toBigInt(native().eventfdTakeSync(this.key));
    return toBigInt(native().eventfdTakeSync(this.key, timeoutMs));
  }
}

function checkCount(count: bigint | number): bigint | number {
  if (typeof count === "bigint" ? count >= 0n && count <= maxCount : Number.isSafeInteger(count) && count >= 0)
    return count;
  throw new RangeError(`count must be an integer from 0 to 2^64 - 2, not ${String(count)}`);
}

/** Most are 1, which needs no new one. */
function toBigInt(count: bigint | number): bigint {
  return count === 1 ? 1n : BigInt(count);
}
