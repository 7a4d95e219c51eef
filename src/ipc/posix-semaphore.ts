/**
 * POSIX named semaphores.
 * @module
 */
import { constants } from "node:fs";
import { addon } from "./addon.ts";
import type { NativeKey } from "./handle.ts";
import { waitOnThread, type WaitNumber, type ThreadCallback } from "./on-thread.ts";
import { Patience } from "./patience.ts";
import { systemError } from "./system-error.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

interface NativeSemaphore {
  readonly value: number;
  readonly key: NativeKey<NativeSemaphore>;
  wait(callback: ThreadCallback<undefined>): WaitNumber;
  close(): void;
}

interface SemaphoreFunctions {
  PosixSemaphore: {
    new (name: string, flags: number, mode: number, value: number): NativeSemaphore;
    /** Another hold of the same. */
    new (other: NativeSemaphore): NativeSemaphore;
  };
  semUnlink(name: string): void;
  semTryWait(semaphore: NativeKey<NativeSemaphore>): boolean;
  semWaitSync(semaphore: NativeKey<NativeSemaphore>, timeoutMs?: number): void;
  semPost(semaphore: NativeKey<NativeSemaphore>): void;
}

const native = (): SemaphoreFunctions => addon() as SemaphoreFunctions;

export interface PosixSemaphoreOptions {
  /** Makes it where there is none. Default false. */
  create?: boolean | undefined;
  /** With `create`: fails with `EEXIST` where there is one. Default false. */
  exclusive?: boolean | undefined;
  /** Permissions of a new one, less the umask. Default 0o600: its owner alone. Whoever uses it needs to read and write. */
  mode?: number | undefined;
  /** What a new one begins with, from 0 to 2147483647. Default 0. */
  value?: number | undefined;
}

/**
 * A named semaphore (sem_overview(7)): a number that is never below 0. The name stays until it is unlinked, the semaphore
 * as long as someone has it open. It lies in memory to which whoever may use it can also write nonsense: then waits end too
 * early or not at all; where it is truncated, calls fail with `ENOTRECOVERABLE`.
 */
export class PosixSemaphore implements Disposable {
  readonly #native: NativeSemaphore;
  /** For the calls that are made all the time. */
  readonly #key: NativeKey<NativeSemaphore>;
  readonly #waits = new Set<() => void>();
  readonly #patience = new Patience();
  #closed = false;

  private constructor(native: NativeSemaphore) {
    this.#native = native;
    this.#key = native.key;
  }

  /**
   * @param name `/` and up to 250 bytes without another `/`
   * @throws `ENOENT` (none of this name, and `create` is not set), `EEXIST` (`exclusive`), `EACCES`, `EINVAL` (the name, the
   *   value, or what is there is no semaphore), `ENAMETOOLONG`
   */
  static open(name: string, options: PosixSemaphoreOptions = {}): PosixSemaphore {
    const { create = false, exclusive = false, mode = 0o600, value = 0 } = options;
    const flags = (create ? constants.O_CREAT : 0) | (exclusive ? constants.O_EXCL : 0);
    return new PosixSemaphore(new (native().PosixSemaphore)(name, flags, mode, value));
  }

  /** Removes the name. Who has the semaphore open keeps it. @throws `ENOENT`, `EACCES` */
  static unlink(name: string): void {
    native().semUnlink(name);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What it is at the moment. On macOS: `ENOTSUP`. */
  get value(): number {
    return this.#native.value;
  }

  /** Lowers it by one, unless it is 0. @returns whether it did */
  tryWait(): boolean {
    return native().semTryWait(this.#key);
  }

  /** Lowers it by one, as soon as it is above 0. */
  async wait(options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (native().semTryWait(this.#key)) return;
    /** By it the wait gives back what it took too late. */
    let held = this.#native;
    let onClose: (() => void) | undefined;
    try {
      await waitOnThread<true | undefined>(
        "sem_wait",
        options,
        (callback) => held.wait(callback),
        () => {
          native().semPost(held.key);
        },
        (_give, fail) => {
          onClose = () => {
            held = new (native().PosixSemaphore)(held);
            fail(systemError("ECANCELED", "sem_wait"));
          };
          this.#waits.add(onClose);
        },
        { patience: this.#patience, attempt: () => native().semTryWait(held.key) || undefined },
      );
    } catch (error) {
      // It may come when this is closed.
      held = new (native().PosixSemaphore)(held);
      throw error;
    } finally {
      if (onClose !== undefined) this.#waits.delete(onClose);
    }
  }

  /** {@link wait}, with the thread waiting. */
  waitSync({ timeoutMs }: SyncWaitOptions = {}): void {
    if (timeoutMs === undefined) native().semWaitSync(this.#key);
    else native().semWaitSync(this.#key, timeoutMs);
  }

  /** Raises it by one, and wakes one who waits. @throws `EOVERFLOW` (it is 2147483647) */
  post(): void {
    native().semPost(this.#key);
  }

  /** Who waits is rejected with `ECANCELED`. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const onClose of this.#waits) onClose();
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
