/**
 * Memory without a name, which is passed by its descriptor, with seals that its receiver can rely on (Linux).
 * @module
 */
import { addon } from "./addon.ts";
import type { DescriptorHandle, NativeDescriptor } from "./handle.ts";
import type { Mapping } from "./mapping.ts";
import { descriptorOf, MemoryObject, type MapOptions } from "./memory-object.ts";

interface MemfdFunctions {
  memfdCreate(name: string): NativeDescriptor;
  addSeals(descriptor: NativeDescriptor, seals: number): void;
  getSeals(descriptor: NativeDescriptor): number;
}

const native = (): MemfdFunctions => addon() as MemfdFunctions;

/** fcntl(2)'s `F_SEAL_…`. */
const sealBits = { seal: 0x1, shrink: 0x2, grow: 0x4, write: 0x8, futureWrite: 0x10 } as const;

/**
 * What nobody can do any more: `shrink` or `grow` it, `write` to it (added only while no one has it mapped for writing),
 * `futureWrite` (write, save by mappings that are there already; since Linux 5.1), `seal` (add further seals).
 */
export type Seal = keyof typeof sealBits;

export interface MemfdOptions {
  /** Bytes. Default 0. */
  size?: number | undefined;
  /** Added once it has its size. Default: `shrink` and `grow`; `[]`: none. */
  seals?: readonly Seal[] | undefined;
}

/** Memory that lives as long as someone has it open or mapped. On macOS: `ENOTSUP`. */
export class Memfd extends MemoryObject {
  /** What an adopted one may map: its size can't get less. */
  #sealedSize: number | undefined;

  /**
   * @param name shown in /proc/PID/fd, up to 249 bytes; it names nothing
   * @throws `EINVAL` (the name is too long), `EMFILE`, `ENOMEM`
   */
  static create(name: string, { size = 0, seals = ["shrink", "grow"] }: MemfdOptions = {}): Memfd {
    const memory = new Memfd(native().memfdCreate(name), false);
    try {
      memory.resize(size);
      if (seals.length > 0) memory.addSeals(...seals);
      return memory;
    } catch (error) {
      memory.close();
      throw error;
    }
  }

  /**
   * Takes over one that came from another process, which need not be trusted: only where it is sealed against shrinking, so
   * that what is mapped stays. Its size is taken once, after that.
   * @param fd this handle's from now on. Where it throws, it stays the caller's.
   * @param options.readOnly it is mapped for reading. Default: where it is sealed against writing
   * @throws an error with the code `TSRPC_MEMFD_UNSEALED` (it lacks the seal), `EINVAL` (it is no memfd), `EBADF`
   */
  static adopt(from: number | DescriptorHandle, { readOnly }: { readOnly?: boolean } = {}): Memfd {
    const descriptor = descriptorOf(typeof from === "number" ? from : from.fd);
    try {
      const seals = native().getSeals(descriptor);
      if ((seals & sealBits.shrink) === 0) {
        const text = "the memfd is not sealed against shrinking: whoever sent it could take the memory from under us";
        throw Object.assign(new Error(text), { code: "TSRPC_MEMFD_UNSEALED" });
      }
      const memory = new Memfd(descriptor, readOnly ?? (seals & (sealBits.write | sealBits.futureWrite)) !== 0);
      memory.#sealedSize = memory.size;
      if (typeof from !== "number") from.release(); // it is the adopted one's now
      return memory;
    } catch (error) {
      descriptor.release();
      throw error;
    }
  }

  get seals(): Seal[] {
    const bits = native().getSeals(this.native);
    return (Object.keys(sealBits) as Seal[]).filter((seal) => (bits & sealBits[seal]) !== 0);
  }

  /** For good: a seal is never taken away. @throws `EPERM` (`seal`), `EBUSY` (`write`, and it is mapped for writing) */
  addSeals(...seals: Seal[]): void {
    native().addSeals(
      this.native,
      seals.reduce((bits, seal) => bits | sealBits[seal], 0),
    );
  }

  /** As every memory's. An adopted one: up to the size that it had then, RangeError beyond. */
  override map(options: MapOptions = {}): Mapping {
    const size = this.#sealedSize;
    if (size === undefined) return super.map(options);
    const { offset = 0, length = size - offset } = options;
    if (length < 0 || offset + length > size)
      throw new RangeError(
        `the part ends at ${String(offset + length)}, beyond the ${String(size)} bytes of the memfd`,
      );
    return super.map({ ...options, offset, length });
  }
}
