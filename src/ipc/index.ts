/**
 * The kernel's IPC: what a UNIX system has beside the sockets that Node knows. Needs the native addon.
 * @module
 */
export { DescriptorHandle } from "./handle.ts";
export { mapFile, MappedFile, type MapFileOptions, type MappedFileOptions } from "./mapped-file.ts";
export { Mapping, pageSize, type MappingPart } from "./mapping.ts";
export { Memfd, type MemfdOptions, type Seal } from "./memfd.ts";
export { MemoryObject, type MapOptions } from "./memory-object.ts";
export { fifo, mkfifo, pipe, PIPE_BUF, PipeReader, PipeWriter, type ReadOptions } from "./pipe.ts";
export {
  PosixMessageQueue,
  type PosixMessage,
  type PosixMessageQueueAttributes,
  type PosixMessageQueueOptions,
  type PosixNotification,
  type PosixSendOptions,
} from "./posix-message-queue.ts";
export { PosixSemaphore, type PosixSemaphoreOptions } from "./posix-semaphore.ts";
export { PosixSharedMemory, type PosixSharedMemoryOptions } from "./posix-shared-memory.ts";
export type { SystemError } from "./system-error.ts";
export { IPC_PRIVATE, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";
export {
  SysvMessageQueue,
  type SysvMessage,
  type SysvMessageQueueStatus,
  type SysvReceiveOptions,
} from "./sysv-message-queue.ts";
export type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";
