/**
 * POSIX shared memory: memory with a name.
 * @module
 */
import { constants } from "node:fs";
import { addon } from "./addon.ts";
import type { NativeDescriptor } from "./handle.ts";
import { MemoryObject } from "./memory-object.ts";

interface SharedMemoryFunctions {
  shmOpen(name: string, flags: number, mode: number): NativeDescriptor;
  shmUnlink(name: string): void;
}

const native = (): SharedMemoryFunctions => addon() as SharedMemoryFunctions;

export interface PosixSharedMemoryOptions {
  /** Makes it where there is none. Default false. */
  create?: boolean | undefined;
  /** With `create`: fails with `EEXIST` where there is one. Default false. */
  exclusive?: boolean | undefined;
  /** For reading alone. Default false. */
  readOnly?: boolean | undefined;
  /** Permissions of a new one, less the umask. Default 0o600: its owner alone. */
  mode?: number | undefined;
  /** Bytes: the object gets this size, whether it is new or not. Default: it stays as it is; a new one has none. */
  size?: number | undefined;
}

/** POSIX shared memory (shm_overview(7)). The name stays until it is unlinked, the memory as long as someone has it mapped. */
export class PosixSharedMemory extends MemoryObject {
  /**
   * @param name `/` and up to 254 bytes without another `/`
   * @throws `ENOENT` (none of this name, and `create` is not set), `EEXIST` (`exclusive`), `EACCES`, `EINVAL` (the name)
   */
  static open(name: string, options: PosixSharedMemoryOptions = {}): PosixSharedMemory {
    const { create = false, exclusive = false, readOnly = false, mode = 0o600, size } = options;
    const flags =
      (readOnly ? constants.O_RDONLY : constants.O_RDWR) |
      (create ? constants.O_CREAT : 0) |
      (exclusive ? constants.O_EXCL : 0);
    const memory = new PosixSharedMemory(native().shmOpen(name, flags, mode), readOnly);
    if (size === undefined) return memory;
    try {
      memory.resize(size);
      return memory;
    } catch (error) {
      memory.close();
      throw error;
    }
  }

  /** Removes the name. Who has the memory open or mapped keeps it. @throws `ENOENT`, `EACCES` */
  static unlink(name: string): void {
    native().shmUnlink(name);
  }
}
