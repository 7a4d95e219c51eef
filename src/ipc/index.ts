/**
 * The kernel's IPC: what a UNIX system has beside the sockets that Node knows. Needs the native addon.
 * @module
 */
export { ftok } from "./ftok.ts";
export { DescriptorHandle } from "./handle.ts";
export { Mapping } from "./mapping.ts";
export { fifo, mkfifo, pipe, PIPE_BUF, PipeReader, PipeWriter, type ReadOptions } from "./pipe.ts";
export { PosixSharedMemory, type MapOptions, type PosixSharedMemoryOptions } from "./posix-shared-memory.ts";
export type { SystemError } from "./system-error.ts";
export { IPC_PRIVATE, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";
export {
  listSysv,
  type SysvEntry,
  type SysvList,
  type SysvMessageQueueEntry,
  type SysvSemaphoreSetEntry,
  type SysvSharedMemoryEntry,
} from "./sysv-list.ts";
export {
  SysvMessageQueue,
  type SysvMessage,
  type SysvMessageQueueStatus,
  type SysvReceiveOptions,
} from "./sysv-message-queue.ts";
export {
  SysvSemaphoreSet,
  type SysvSemaphoreOperation,
  type SysvSemaphoreSetOptions,
  type SysvSemaphoreSetStatus,
  type SysvSemaphoreStepOptions,
} from "./sysv-semaphore.ts";
export { SysvSharedMemory, type SysvSharedMemoryOptions, type SysvSharedMemoryStatus } from "./sysv-shared-memory.ts";
export type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";
