/**
 * System V shared memory: segments with a key.
 * @module
 */
import { addon } from "./addon.ts";
import { Mapping, type NativeMapping } from "./mapping.ts";
import { ipcFlags, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";

interface SharedMemoryFunctions {
  shmget(key: number, size: number, flags: number): number;
  shmat(id: number, writable: boolean): NativeMapping;
  shmStat(id: number): SysvSharedMemoryStatus;
  shmSet(id: number, uid?: number, gid?: number, mode?: number): void;
  shmRemove(id: number): void;
}

const native = (): SharedMemoryFunctions => addon() as SharedMemoryFunctions;

export interface SysvSharedMemoryOptions extends SysvOpenOptions {
  /** Bytes of a new segment, at least 1: it is zeros. Of one that exists: how many it must have at least. Default 0. */
  size?: number | undefined;
}

/** shmctl's `IPC_STAT`. Times are seconds since 1970; 0: never. */
export interface SysvSharedMemoryStatus extends SysvPermissions {
  /** Bytes. */
  size: number;
  /** How often it is attached, in all processes. */
  attached: number;
  creatorPid: number;
  /** The process that attached or detached it last. */
  lastPid: number;
  lastAttach: number;
  lastDetach: number;
  lastChange: number;
  /** It has been removed, and goes with the last who has it attached (Linux; `SHM_DEST`). */
  removed?: boolean;
}

/** A System V shared memory segment. It lives in the kernel until someone removes it and nobody has it attached any more. */
export class SysvSharedMemory {
  /** The identifier, as `ipcs` shows it. */
  readonly id: number;

  /** A segment whose identifier is known. Whether it exists shows at the first use. */
  constructor(id: number) {
    this.id = id;
  }

  /**
   * The segment of a key.
   * @param key of `ftok`, or `IPC_PRIVATE` for a new one of its own
   * @throws `ENOENT` (no such segment, and `create` is not set), `EEXIST` (`exclusive`), `EACCES`, `EINVAL` (it is smaller
   *   than `size`; a new one of no size), `ENOSPC`, `ENOMEM`
   */
  static open(key: number, options: SysvSharedMemoryOptions = {}): SysvSharedMemory {
    return new SysvSharedMemory(native().shmget(key, options.size ?? 0, ipcFlags(options)));
  }

  /**
   * Maps the whole of it (shmat(2)); closing the mapping detaches it.
   * @param options.readOnly a write stays in this process, and {@link Mapping.lostPages} counts it. Default false
   * @throws `EACCES`, `EINVAL` (no such segment), `EIDRM`, `ENOMEM`, `ENOTSUP` (of huge pages)
   */
  attach({ readOnly = false }: { readOnly?: boolean | undefined } = {}): Mapping {
    return new Mapping(native().shmat(this.id, !readOnly));
  }

  /** @throws `EACCES` (it may not be read), `EINVAL` (no such segment), `EIDRM` */
  stat(): SysvSharedMemoryStatus {
    return native().shmStat(this.id);
  }

  /** Changes owner or permissions (`IPC_SET`). What is not given stays. @throws `EACCES` (it may not be read), `EPERM` (neither owner nor creator) */
  set({ uid, gid, mode }: { uid?: number; gid?: number; mode?: number }): void {
    native().shmSet(this.id, uid, gid, mode);
  }

  /** Removes it: its key is free at once, its memory when the last mapping is closed. @throws `EPERM`, `EINVAL` */
  remove(): void {
    native().shmRemove(this.id);
  }
}
