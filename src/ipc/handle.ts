import { addon } from "./addon.ts";
import { Readiness } from "./readiness.ts";

/** Stands for a native object in calls of the addon, which find it sooner by it. It keeps nothing alive: whoever has it has the object too. */
export interface NativeKey<Of> {
  readonly keyOf: (object: Of) => never;
}

/** The addon's owner of a descriptor. */
export interface NativeDescriptor {
  /** -1 once closed. */
  readonly fd: number;
  readonly key: NativeKey<NativeDescriptor>;
  onReady?: (events: number) => void;
  wait(events: number): void;
  rest(): void;
  unref(): void;
  close(): void;
  release(): number;
}

interface DescriptorFunctions {
  Descriptor: new (fd: number) => NativeDescriptor;
}

/**
 * What has a descriptor: closed by `close`, by leaving the block of a `using`, or when it is garbage.
 */
export abstract class DescriptorHandle implements Disposable {
  protected readonly native: NativeDescriptor;
  /** For the calls that are made all the time. */
  protected readonly key: NativeKey<NativeDescriptor>;
  #readiness: Readiness | undefined;

  /** @internal Made by the functions that open one. */
  constructor(native: NativeDescriptor) {
    this.native = native;
    this.key = native.key;
  }

  /** The descriptor's number, for what takes one (`stdio` of a child process); -1 once closed. It stays this handle's. */
  get fd(): number {
    return this.native.fd;
  }

  get closed(): boolean {
    return this.native.fd < 0;
  }

  /** Who waits is rejected with `ECANCELED`. A second call does nothing. */
  close(): void {
    this.native.close();
    this.#readiness?.close();
  }

  /** The waits that are under way no longer keep the process alive. */
  unref(): void {
    this.native.unref();
  }

  /** Hands the descriptor over: it is the caller's to close from now on, and this handle is closed. */
  release(): number {
    const fd = this.native.release();
    this.#readiness?.close();
    return fd;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected get readiness(): Readiness {
    return (this.#readiness ??= new Readiness(this.native));
  }
}

/** What any descriptor of its kind can be made into. */
export abstract class AdoptableHandle extends DescriptorHandle {
  /**
   * Takes over a descriptor that was opened elsewhere: `PipeReader.adopt(0)` is standard input, and
   * `PipeWriter.adopt(message.descriptors[0])` a pipe's end that came over a socket. It is this handle's to close.
   * @param descriptor a number, which nobody else may close; or another handle, which is closed. One of `fs.openSync` in a
   *   worker thread Node closes at the thread's end, unless the worker was made with `trackUnmanagedFds: false`
   * @throws `EBADF`; `ENOTSOCK` (UnixSeqpacketSocket). Then it stays the caller's. Otherwise what kind of descriptor it is
   *   shows at the first use.
   */
  static adopt<T extends DescriptorHandle>(
    this: new (native: NativeDescriptor) => T,
    descriptor: number | DescriptorHandle,
  ): T {
    const { Descriptor } = addon() as DescriptorFunctions;
    const native = new Descriptor(typeof descriptor === "number" ? descriptor : descriptor.fd);
    try {
      const adopted = new this(native);
      if (typeof descriptor !== "number") descriptor.release(); // it is the adopted one's now
      return adopted;
    } catch (error) {
      // It stays the caller's. Else, as garbage, this would close a number that may be anyone's by then.
      native.release();
      throw error;
    }
  }
}
