/** The addon's owner of mapped memory. */
export interface NativeMapping {
  readonly buffer: ArrayBuffer;
  readonly byteLength: number;
  readonly lostPages: number;
  close(): void;
  sync(offset: number, length: number, wait: boolean): void;
}

/**
 * Memory that is shared with other processes, or a file seen as memory. It is unmapped by `close`, or once neither it nor
 * its buffer is in use.
 */
export class Mapping implements Disposable {
  /** @internal For the primitives that work in shared memory. */
  readonly native: NativeMapping;
  #bytes: Uint8Array | undefined;

  /** @internal Made by what maps. */
  constructor(native: NativeMapping) {
    this.native = native;
  }

  /** The memory, always the same object. Detached by `close`: its views have the length 0 then. @throws `EBADF` once closed */
  get buffer(): ArrayBuffer {
    return this.native.buffer;
  }

  /** The memory's bytes, always the same object. */
  get bytes(): Uint8Array {
    return (this.#bytes ??= new Uint8Array(this.native.buffer));
  }

  /** 0 once closed. */
  get byteLength(): number {
    return this.native.byteLength;
  }

  /**
   * Pages that are no longer shared, though they can still be read and written: someone has truncated what was behind them
   * (they are zeros), or they were written to in a mapping for reading (they are a copy).
   */
  get lostPages(): number {
    return this.native.lostPages;
  }

  /**
   * Writes changes back to the file (msync(2)). A part counts by whole pages.
   * @param options.wait until they are written. Default true
   */
  sync({ offset = 0, length, wait = true }: { offset?: number; length?: number; wait?: boolean } = {}): void {
    this.native.sync(offset, length ?? this.byteLength - offset, wait);
  }

  close(): void {
    this.#bytes = undefined;
    this.native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
