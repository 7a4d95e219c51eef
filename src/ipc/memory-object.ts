import { addon } from "./addon.ts";
import { DescriptorHandle, type NativeDescriptor } from "./handle.ts";
import { Mapping, type NativeMapping } from "./mapping.ts";

interface MemoryFunctions {
  Descriptor: new (fd: number) => NativeDescriptor;
  resize(descriptor: NativeDescriptor, bytes: number): void;
  sizeOf(descriptor: NativeDescriptor): number;
  map(descriptor: NativeDescriptor, size: number, offset: number, shared: boolean, writable: boolean): NativeMapping;
}

const native = (): MemoryFunctions => addon() as MemoryFunctions;

export interface MapOptions {
  /** Where the part begins: bytes, a multiple of {@link pageSize}. Default 0. */
  offset?: number | undefined;
  /** Bytes. Default: to the end. */
  length?: number | undefined;
  /** For reading alone: a write stays in this process, and {@link Mapping.lostPages} counts it. Default: as it was opened. */
  readOnly?: boolean | undefined;
}

/** The owner of a descriptor that Node, or someone else, has opened. */
export function descriptorOf(fd: number): NativeDescriptor {
  return new (native().Descriptor)(fd);
}

/** What can be mapped: it has a descriptor and a size. */
export abstract class MemoryObject extends DescriptorHandle {
  /** Whether it was opened for reading alone. */
  readonly readOnly: boolean;

  /** @internal Made by the functions that open one. */
  constructor(descriptor: NativeDescriptor, readOnly: boolean) {
    super(descriptor);
    this.readOnly = readOnly;
  }

  /** Bytes. */
  get size(): number {
    return native().sizeOf(this.native);
  }

  /**
   * @param bytes its new size. What is cut off is gone for everyone who has it mapped; what is new is zeros, for which
   *   there is memory or disk only once they are written to. A mapping keeps the length that it has.
   */
  resize(bytes: number): void {
    native().resize(this.native, bytes);
  }

  /**
   * Maps it, or a part. The mapping stays when this is closed.
   * @throws `EINVAL` (the offset is no multiple of {@link pageSize}, or there is nothing to map), `EACCES` (writing, where
   *   it was opened for reading), `EPERM` (writing, where a seal forbids it), `ENOMEM`; RangeError (an offset beyond the end)
   */
  map(options: MapOptions = {}): Mapping {
    return this.mapPart(options, true);
  }

  protected mapPart({ offset = 0, length, readOnly = this.readOnly }: MapOptions, shared: boolean): Mapping {
    const bytes = length ?? this.size - offset;
    if (bytes < 0) throw new RangeError(`offset ${String(offset)} is beyond the end, ${String(offset + bytes)}`);
    return new Mapping(native().map(this.native, bytes, offset, shared, !readOnly));
  }
}
