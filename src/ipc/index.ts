/**
 * The kernel's IPC: what a UNIX system has beside the sockets that Node knows. Needs the native addon.
 * @module
 */
export { DescriptorHandle } from "./handle.ts";
export { Mapping } from "./mapping.ts";
export { fifo, mkfifo, pipe, PIPE_BUF, PipeReader, PipeWriter, type ReadOptions } from "./pipe.ts";
export { PosixSharedMemory, type MapOptions, type PosixSharedMemoryOptions } from "./posix-shared-memory.ts";
export { Ring, type RingFormatOptions, type RingOpenOptions, type RingSyncOptions } from "./ring.ts";
export type { RingDeath, RingHold } from "./ring-death.ts";
export type { SystemError } from "./system-error.ts";
export { IPC_PRIVATE, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";
export {
  SysvMessageQueue,
  type SysvMessage,
  type SysvMessageQueueStatus,
  type SysvReceiveOptions,
} from "./sysv-message-queue.ts";
export type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";
