/**
 * Pipes and FIFOs.
 * @module
 */
import { addon } from "./addon.ts";
import { AdoptableHandle, type NativeDescriptor, type NativeKey } from "./handle.ts";
import { filled, spaceInto, type IntoOptions } from "./into.ts";
import { DEFAULT_READ_BYTES } from "./limits.ts";
import { waitOnThread, type WaitNumber, type ThreadCallback } from "./on-thread.ts";
import { systemError } from "./system-error.ts";
import { timeLeft } from "./time-left.ts";
import { withBytesWritten } from "./bytes-written.ts";
import { checkWaitOptions, type SyncWaitOptions, type WaitOptions } from "./wait-options.ts";

interface PipeFunctions {
  pipe(): [NativeDescriptor, NativeDescriptor];
  mkfifo(path: string, mode: number): void;
  openFifo(path: string, writing: boolean): NativeDescriptor | undefined;
  openFifoWaiting(path: string, writing: boolean, callback: ThreadCallback<NativeDescriptor>): WaitNumber;
  openFifoSync(path: string, writing: boolean, timeoutMs: number | undefined): NativeDescriptor;
  pipeCapacity(descriptor: NativeDescriptor): number;
  setPipeCapacity(descriptor: NativeDescriptor, bytes: number): number;
  read(descriptor: NativeKey<NativeDescriptor>, bytes: Uint8Array): number | undefined;
  readSync(descriptor: NativeKey<NativeDescriptor>, bytes: Uint8Array, timeoutMs?: number): number;
  write(descriptor: NativeKey<NativeDescriptor>, bytes: Uint8Array): number | undefined;
  writeSync(descriptor: NativeKey<NativeDescriptor>, bytes: Uint8Array, timeoutMs?: number): number;
}

const native = (): PipeFunctions => addon() as PipeFunctions;

/** Read into, then copied from: a read may return less than it has room for, and fresh memory would be filled with zeros. */
let scratch: Uint8Array | undefined;

export interface ReadOptions extends IntoOptions {
  /** Bytes to read at most. Default 65536, or the length of `into`. */
  maxBytes?: number | undefined;
}

class PipeEnd extends AdoptableHandle {
  /** Bytes that the pipe holds (Linux; `F_GETPIPE_SZ`). */
  get capacity(): number {
    return native().pipeCapacity(this.native);
  }

  /**
   * Changes what the pipe holds (Linux; `F_SETPIPE_SZ`). The kernel rounds up.
   * @returns the bytes that it holds now
   * @throws `EPERM` beyond /proc/sys/fs/pipe-max-size, `EBUSY` where more than that is in it
   */
  setCapacity(bytes: number): number {
    return native().setPipeCapacity(this.native, bytes);
  }
}

/** The end of a pipe or FIFO that is read. */
export class PipeReader extends PipeEnd {
  /** What is there now, `null` where nothing will come since no one has it open for writing, `undefined` where nothing is there yet. */
  tryRead({ maxBytes, into }: ReadOptions = {}): Uint8Array | null | undefined {
    const space = spaceFor(maxBytes, into);
    const count = native().read(this.key, space);
    return count === undefined ? undefined : taken(space, count, into);
  }

  /** What is there, as soon as something is; `null` at the end. */
  read(options: ReadOptions & WaitOptions = {}): Promise<Uint8Array | null> {
    return this.readiness.wait("readable", "read", options, () => this.tryRead(options));
  }

  /** {@link read}, with the thread waiting. */
  readSync({ maxBytes, into, timeoutMs }: ReadOptions & SyncWaitOptions = {}): Uint8Array | null {
    const space = spaceFor(maxBytes, into);
    const count =
      timeoutMs === undefined ? native().readSync(this.key, space) : native().readSync(this.key, space, timeoutMs);
    return taken(space, count, into);
  }
}

/** The end of a pipe or FIFO that is written. Where no one reads any more, a write fails with `EPIPE`. */
export class PipeWriter extends PipeEnd {
  /**
   * Writes what there is room for: all, or nothing, up to `PIPE_BUF` bytes.
   * @returns the bytes written; `undefined` where there was no room
   */
  tryWrite(bytes: Uint8Array): number | undefined {
    return native().write(this.key, bytes);
  }

  /**
   * Writes all. Where it fails or is ended in the middle, the error's `bytesWritten` says how many were written.
   */
  async write(bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
    let written = 0;
    try {
      await this.readiness.wait("writable", "write", options, () => {
        const count = native().write(this.key, bytes.subarray(written));
        written += count ?? 0;
        return written === bytes.length ? true : undefined;
      });
    } catch (error) {
      throw withBytesWritten(error, written);
    }
  }

  /** {@link write}, with the thread waiting. */
  writeSync(bytes: Uint8Array, { timeoutMs }: SyncWaitOptions = {}): void {
    let written = 0;
    try {
      if (timeoutMs === undefined) {
        written = native().writeSync(this.key, bytes);
        // A blocking end takes all at once; one that is non-blocking takes what there is room for.
        while (written < bytes.length) written += native().writeSync(this.key, bytes.subarray(written));
        return;
      }
      checkWaitOptions({ timeoutMs });
      const left = timeLeft(timeoutMs);
      do written += native().writeSync(this.key, bytes.subarray(written), left());
      while (written < bytes.length);
    } catch (error) {
      throw withBytesWritten(error, written);
    }
  }
}

/**
 * A pipe: what is written into one end is read from the other (pipe(7)). An end goes to a child as its descriptor's number;
 * then close ours, without which the reader never sees the end:
 *
 *     const { reader, writer } = pipe();
 *     const child = spawn("sort", { stdio: [reader.fd, "inherit", "inherit"] }); // [.., .., .., writer.fd]: its number 3
 *     reader.close();
 *     await writer.write(bytes);
 *     writer.close();
 *
 * Hand over an end that nobody has used yet: it waits, as programs expect of theirs. Asynchronous use, `try…` and a timeout
 * make an end non-blocking, for everyone who has that same end.
 */
export function pipe(): { reader: PipeReader; writer: PipeWriter } {
  const [reading, writing] = native().pipe();
  return { reader: new PipeReader(reading), writer: new PipeWriter(writing) };
}

/**
 * Makes a FIFO, a pipe with a name in the file system.
 * @param mode permissions, less the umask. Default 0o600: its owner alone
 * @throws `EEXIST`, `EACCES`, `ENOENT` and the others of mkfifo(3)
 */
export function mkfifo(path: string, mode = 0o600): void {
  native().mkfifo(path, mode);
}

/** One end of a FIFO. Opening one waits for the other, as the system has it; `EINVAL`: the path is no FIFO. */
export const fifo = {
  /** The reading end, at once: a read says `null` until someone writes. */
  tryOpenReader: (path: string): PipeReader => {
    const opened = native().openFifo(path, false);
    if (opened === undefined) throw systemError("ENXIO", "open");
    return new PipeReader(opened);
  },
  /** The writing end; `undefined` where no one reads. */
  tryOpenWriter: (path: string): PipeWriter | undefined => {
    const opened = native().openFifo(path, true);
    return opened && new PipeWriter(opened);
  },
  openReader: async (path: string, options: WaitOptions = {}): Promise<PipeReader> =>
    new PipeReader(await openFifo(path, false, options)),
  openWriter: async (path: string, options: WaitOptions = {}): Promise<PipeWriter> =>
    new PipeWriter(await openFifo(path, true, options)),
  openReaderSync: (path: string, { timeoutMs }: SyncWaitOptions = {}): PipeReader =>
    new PipeReader(native().openFifoSync(path, false, timeoutMs)),
  openWriterSync: (path: string, { timeoutMs }: SyncWaitOptions = {}): PipeWriter =>
    new PipeWriter(native().openFifoSync(path, true, timeoutMs)),
} as const;

function openFifo(path: string, writing: boolean, options: WaitOptions): Promise<NativeDescriptor> {
  return waitOnThread(
    "open",
    options,
    (callback) => native().openFifoWaiting(path, writing, callback),
    (opened) => {
      opened.close();
    },
  );
}

function spaceFor(maxBytes: number | undefined, into: Uint8Array | undefined): Uint8Array {
  if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || maxBytes < 1))
    throw new RangeError(`maxBytes must be an integer of at least 1, not ${String(maxBytes)}`);
  if (into !== undefined) return spaceInto(into, maxBytes);
  if (maxBytes !== undefined && maxBytes > DEFAULT_READ_BYTES) return new Uint8Array(maxBytes);
  scratch ??= new Uint8Array(DEFAULT_READ_BYTES);
  return maxBytes === undefined ? scratch : scratch.subarray(0, maxBytes);
}

function taken(space: Uint8Array, count: number, into: Uint8Array | undefined): Uint8Array | null {
  if (count === 0) return null;
  return into === undefined ? space.slice(0, count) : filled(space, count);
}
