import { constants } from "node:buffer";
import { addon } from "./addon.ts";
import { boundedWait } from "./bounded-wait.ts";
import type { NativeKey } from "./handle.ts";
import type { WaitNumber, ThreadCallback } from "./on-thread.ts";
import type { WaitOptions } from "./wait-options.ts";

/** The addon's owner of mapped memory. */
export interface NativeMapping {
  readonly buffer: ArrayBuffer;
  readonly byteLength: number;
  readonly key: NativeKey<NativeMapping>;
  readonly lostPages: number;
  close(): void;
}

interface MappingFunctions {
  pageSize(): number;
  msync(mapping: NativeMapping, offset: number, length: number): void;
  msyncWaiting(mapping: NativeMapping, offset: number, length: number, callback: ThreadCallback<undefined>): WaitNumber;
  msyncSync(mapping: NativeMapping, offset: number, length: number): void;
}

const native = (): MappingFunctions => addon() as MappingFunctions;

/** Bytes of a page of memory: 4096 on most machines, 16384 or 65536 on some. A part that is mapped begins at a multiple of it. */
export function pageSize(): number {
  return native().pageSize();
}

/** A part of a mapping. */
export interface MappingPart {
  /** Where it begins, in bytes. Default 0. */
  offset?: number | undefined;
  /** Bytes. Default: to the end. */
  length?: number | undefined;
}

/**
 * Memory that is shared with other processes, or a file seen as memory. It is unmapped by `close`, or once neither it nor
 * its buffer is in use.
 *
 * What other processes do to it does no harm to this one: where someone truncates what is behind it, the pages that are
 * gone read as zeros here, and {@link lostPages} counts them. A system call on them (`fs.writeSync` of the bytes) fails
 * with `EFAULT`.
 */
export class Mapping implements Disposable {
  /** @internal For the primitives that work in shared memory. */
  readonly native: NativeMapping;
  /** @internal For the calls that are made all the time. */
  readonly key: NativeKey<NativeMapping>;
  #bytes: Uint8Array | undefined;

  /** @internal Made by what maps. */
  constructor(native: NativeMapping) {
    this.native = native;
    this.key = native.key;
  }

  /**
   * The memory, always the same object. Detached by `close`: its views have the length 0 then. It can't be transferred to
   * another thread, which maps the memory itself instead.
   * @throws `EBADF` once closed; RangeError (`ERR_BUFFER_TOO_LARGE`) beyond `constants.MAX_LENGTH` of node:buffer: map parts
   */
  get buffer(): ArrayBuffer {
    if (this.byteLength > constants.MAX_LENGTH) {
      const text = `a mapping of ${String(this.byteLength)} bytes is longer than a buffer can be`;
      throw Object.assign(new RangeError(text), { code: "ERR_BUFFER_TOO_LARGE" });
    }
    return this.native.buffer;
  }

  /** The memory's bytes, always the same object. */
  get bytes(): Uint8Array {
    return (this.#bytes ??= new Uint8Array(this.buffer));
  }

  /** 0 once closed. */
  get byteLength(): number {
    return this.native.byteLength;
  }

  /**
   * Pages that are no longer shared, though they can still be read and written: someone has truncated what was behind them,
   * or there was no room for it any more (they are zeros); or they were written to in a mapping for reading (they are a copy).
   */
  get lostPages(): number {
    return this.native.lostPages;
  }

  /**
   * Writes changes back to the file (msync(2)), and waits until they are on the disk. A part counts by whole pages. A wait
   * that is ended leaves the writing go on.
   * @throws `EIO`, `EINVAL` (a part that is not in it), `EBADF` (closed)
   */
  sync(options: MappingPart & WaitOptions = {}): Promise<void> {
    const { offset, length } = this.#part(options);
    return boundedWait<undefined>(
      "msync",
      options,
      (end) => {
        native().msyncWaiting(this.native, offset, length, (error) => {
          if (error === undefined) end.resolve(undefined);
          else end.reject(error);
        });
      },
      // No signal cuts it short: to cancel would be to wait for the disk.
      () => true,
    );
  }

  /** {@link sync}, with the thread waiting: as long as the disk takes. */
  syncSync(part: MappingPart = {}): void {
    const { offset, length } = this.#part(part);
    native().msyncSync(this.native, offset, length);
  }

  /** Has the kernel write changes back when it likes (`MS_ASYNC`), as Linux does anyway; nothing waits. */
  startSync(part: MappingPart = {}): void {
    const { offset, length } = this.#part(part);
    native().msync(this.native, offset, length);
  }

  /**
   * A second call does nothing. Not while Node works with the bytes on another thread: `fs.read` would read into nothing,
   * and zlib, whose buffer is gone, ends the process.
   */
  close(): void {
    this.#bytes = undefined;
    this.native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #part({ offset = 0, length }: MappingPart): Required<{ offset: number; length: number }> {
    return { offset, length: length ?? Math.max(0, this.byteLength - offset) };
  }
}
