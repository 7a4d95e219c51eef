/**
 * System V semaphores: sets, on several of which one operation acts at once.
 * @module
 */
import { addon } from "./addon.ts";
import { MAX_SEMAPHORE_OPERATIONS } from "./limits.ts";
import { waitOnThread, type WaitNumber, type ThreadCallback } from "./on-thread.ts";
import { Patience } from "./patience.ts";
import { systemError } from "./system-error.ts";
import { ipcFlags, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";
import { checkWaitOptions, type SyncWaitOptions, type WaitOptions } from "./wait-options.ts";

/** Operations as the addon takes them: index, by and undo of each. */
type FlatOperations = (number | boolean)[];

interface SemaphoreFunctions {
  semget(key: number, count: number, flags: number): number;
  semop(id: number, ...operations: FlatOperations): boolean;
  semopWaiting(callback: ThreadCallback<undefined>, id: number, ...operations: FlatOperations): WaitNumber;
  semopSync(timeoutMs: number | undefined, id: number, ...operations: FlatOperations): void;
  semGet(id: number, index: number, what: "value" | "waitingForMore" | "waitingForZero" | "lastPid"): number;
  semValues(id: number): number[];
  semSetValue(id: number, index: number, value: number): void;
  semSetValues(id: number, ...values: number[]): void;
  semStat(id: number): SysvSemaphoreSetStatus;
  semSet(id: number, uid?: number, gid?: number, mode?: number): void;
  semRemove(id: number): void;
}

const native = (): SemaphoreFunctions => addon() as SemaphoreFunctions;

export interface SysvSemaphoreSetOptions extends SysvOpenOptions {
  /** Semaphores of a new set. Of one that exists: how many it must have at least. Default 1 with `create`, 0 otherwise. */
  count?: number | undefined;
}

/** What happens to one semaphore of a set. */
export interface SysvSemaphoreOperation {
  /** Which of the set, from 0. */
  index: number;
  /** `> 0`: it is added. `< 0`: it is taken, as soon as there is as much. `0`: waits until the value is 0. From -32768 to 32767. */
  by: number;
  /** The kernel takes it back when this process ends (`SEM_UNDO`), however it does. Default false. */
  undo?: boolean | undefined;
}

/** How P and V act. */
export interface SysvSemaphoreStepOptions {
  /** How much is taken or added. Default 1. */
  by?: number | undefined;
  /** As {@link SysvSemaphoreOperation.undo}. Default false. */
  undo?: boolean | undefined;
}

/** semctl's `IPC_STAT`. Times are seconds since 1970; 0: never. */
export interface SysvSemaphoreSetStatus extends SysvPermissions {
  /** Semaphores of the set. */
  count: number;
  lastOperation: number;
  lastChange: number;
}

/**
 * A set of System V semaphores. It lives in the kernel until someone removes it, and has no descriptor: there is nothing to
 * close. What is undone belongs to the process, whichever of its threads took it: a worker thread's end undoes nothing.
 */
export class SysvSemaphoreSet {
  /** The identifier, as `ipcs` shows it. */
  readonly id: number;
  readonly #patience = new Patience();

  /** A set whose identifier is known. Whether it exists shows at the first use. */
  constructor(id: number) {
    this.id = id;
  }

  /**
   * The set of a key. The values of a new one are 0 on Linux, anything elsewhere.
   * @param key of `ftok`, or `IPC_PRIVATE` for a new one of its own
   * @throws `ENOENT` (no such set, and `create` is not set), `EEXIST` (`exclusive`), `EACCES`, `EINVAL` (it has fewer than
   *   `count`), `ENOSPC`
   */
  static open(key: number, options: SysvSemaphoreSetOptions = {}): SysvSemaphoreSet {
    const count = options.count ?? (options.create === true || key === 0 ? 1 : 0);
    return new SysvSemaphoreSet(native().semget(key, count, ipcFlags(options)));
  }

  /**
   * Makes all operations at once, or none (semop(2)).
   * @returns false where one of them would have to wait
   * @throws `EFBIG` (no such index), `ERANGE` (beyond 32767), `E2BIG` (too many operations), `EINVAL` (none; no such set;
   *   too many with undo), `EACCES`, `EIDRM`, `ENOSPC` (undo)
   */
  tryOp(operations: readonly SysvSemaphoreOperation[]): boolean {
    return native().semop(this.id, ...flat(operations));
  }

  /**
   * Makes all operations at once, as soon as none has to wait. Operations that were made when the signal came stand: then
   * it resolves all the same.
   * @throws as {@link tryOp}, or `EIDRM` where the set was removed meanwhile
   */
  op(operations: readonly SysvSemaphoreOperation[], options: WaitOptions = {}): Promise<void> {
    return this.#operate(flat(operations), options);
  }

  /** {@link op}, with the thread waiting. */
  opSync(operations: readonly SysvSemaphoreOperation[], options: SyncWaitOptions = {}): void {
    checkWaitOptions(options);
    native().semopSync(options.timeoutMs, this.id, ...flat(operations));
  }

  /** P at once: takes from a semaphore. @returns false where there is not as much */
  tryP(index: number, { by = 1, undo = false }: SysvSemaphoreStepOptions = {}): boolean {
    return native().semop(this.id, index, -taken(by), undo);
  }

  /** P: takes from a semaphore, as soon as there is as much. As {@link op} otherwise. */
  p(index: number, options: SysvSemaphoreStepOptions & WaitOptions = {}): Promise<void> {
    const { by = 1, undo = false } = options;
    return this.#operate([index, -taken(by), undo], options);
  }

  /** {@link p}, with the thread waiting. */
  pSync(index: number, options: SysvSemaphoreStepOptions & SyncWaitOptions = {}): void {
    checkWaitOptions(options);
    const { by = 1, undo = false, timeoutMs } = options;
    native().semopSync(timeoutMs, this.id, index, -taken(by), undo);
  }

  /** V: adds to a semaphore. It never waits, so this is its only form. @throws `ERANGE` (beyond 32767), `EFBIG`, `EACCES` */
  v(index: number, { by = 1, undo = false }: SysvSemaphoreStepOptions = {}): void {
    native().semop(this.id, index, taken(by), undo);
  }

  /** The values of all, at one moment. @throws `EACCES`, `EINVAL` (no such set) */
  values(): number[] {
    return native().semValues(this.id);
  }

  /** @throws `EINVAL` (no such index or set), `EACCES` */
  value(index: number): number {
    return native().semGet(this.id, index, "value");
  }

  /** Sets a value, wakes whom it lets go on, and clears what any process would undo of it. @throws `ERANGE`, `EINVAL`, `EACCES` */
  setValue(index: number, value: number): void {
    native().semSetValue(this.id, index, value);
  }

  /** {@link setValue} of all at once. @throws `EINVAL` unless there are as many values as semaphores */
  setValues(values: readonly number[]): void {
    if (values.length > MAX_SEMAPHORE_OPERATIONS) throw systemError("EINVAL", "semctl");
    native().semSetValues(this.id, ...values);
  }

  /** How many wait to take from a semaphore (`GETNCNT`). */
  waitingForMore(index: number): number {
    return native().semGet(this.id, index, "waitingForMore");
  }

  /** How many wait until a semaphore is 0 (`GETZCNT`). */
  waitingForZero(index: number): number {
    return native().semGet(this.id, index, "waitingForZero");
  }

  /** The process that acted on a semaphore last (`GETPID`); 0: none. */
  lastPid(index: number): number {
    return native().semGet(this.id, index, "lastPid");
  }

  stat(): SysvSemaphoreSetStatus {
    return native().semStat(this.id);
  }

  /** Changes owner or permissions (`IPC_SET`). What is not given stays. @throws `EACCES` (it may not be read), `EPERM` (neither owner nor creator) */
  set({ uid, gid, mode }: { uid?: number; gid?: number; mode?: number }): void {
    native().semSet(this.id, uid, gid, mode);
  }

  /** Removes it; who waits gets `EIDRM`. */
  remove(): void {
    native().semRemove(this.id);
  }

  async #operate(operations: FlatOperations, options: WaitOptions): Promise<void> {
    checkWaitOptions(options);
    options.signal?.throwIfAborted();
    if (native().semop(this.id, ...operations)) return;
    await waitOnThread<true | undefined>(
      "semop",
      options,
      (callback) => native().semopWaiting(callback, this.id, ...operations),
      // To take operations back could have to wait, and others have seen them.
      undefined,
      undefined,
      { patience: this.#patience, attempt: () => native().semop(this.id, ...operations) || undefined },
    );
  }
}

function flat(operations: readonly SysvSemaphoreOperation[]): FlatOperations {
  if (operations.length > MAX_SEMAPHORE_OPERATIONS) throw systemError("E2BIG", "semop");
  const result: FlatOperations = [];
  for (const { index, by, undo = false } of operations) result.push(index, by, undo);
  return result;
}

/** @throws RangeError where P would add, V would take, or either would wait for zero */
function taken(by: number): number {
  if (Number.isInteger(by) && by > 0 && by <= 32_767) return by;
  throw new RangeError(`by must be an integer from 1 to 32767, not ${String(by)}`);
}
