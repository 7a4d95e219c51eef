/**
 * The kernel's IPC: what a UNIX system has beside the sockets that Node knows. Needs the native addon.
 * @module
 */
export { EventFd, type EventFdOptions } from "./event-fd.ts";
export { ftok } from "./ftok.ts";
export { futexWait, futexWaitSync, futexWake, type FutexWaitResult } from "./futex.ts";
export { AdoptableHandle, DescriptorHandle } from "./handle.ts";
export type { IntoOptions } from "./into.ts";
export type { MailboxCapacity } from "./mailbox-place.ts";
export { Mailbox, type MailboxOptions } from "./mailbox.ts";
export { MAX_DATAGRAMS, MAX_DESCRIPTORS, PIPE_BUF } from "./limits.ts";
export { mapFile, MappedFile, type MapFileOptions, type MappedFileOptions } from "./mapped-file.ts";
export { Mapping, pageSize, type MappingPart } from "./mapping.ts";
export { Memfd, type MemfdOptions, type Seal } from "./memfd.ts";
export { MemoryObject, type MapOptions } from "./memory-object.ts";
export { peerCredentials, type PeerCredentials } from "./peer-credentials.ts";
export { fifo, mkfifo, pipe, PipeReader, PipeWriter, type ReadOptions } from "./pipe.ts";
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
export { isAlive, ProcessHandle, processStartTime, type ProcessOpenOptions } from "./process.ts";
export type { ThreadWaitOptions } from "./on-thread.ts";
export type { RingDeath, RingHold } from "./ring-death.ts";
export { Ring, type RingFormatOptions, type RingOpenOptions, type RingSyncOptions } from "./ring.ts";
export { signalNumber, type SignalName } from "./signal-names.ts";
export { kill, SignalReceiver, sigqueue, type ReceivedSignal } from "./signals.ts";
export { socketpair } from "./socketpair.ts";
export type { SystemError } from "./system-error.ts";
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
export { IPC_PRIVATE, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";
export {
  UdpSocket,
  type UdpAddress,
  type UdpBindOptions,
  type UdpMessage,
  type UdpOutgoing,
  type UdpReceiveManyOptions,
  type UdpReceiveOptions,
  type UdpSendOptions,
} from "./udp-socket.ts";
export type { UnixAddress } from "./unix-address.ts";
export { UnixDatagramSocket, type UnixDatagramSendOptions } from "./unix-datagram.ts";
export {
  ReceivedDescriptor,
  UnixMessage,
  type Descriptors,
  type UnixReceiveOptions,
  type UnixSendOptions,
} from "./unix-message.ts";
export { UnixSeqpacketServer, UnixSeqpacketSocket } from "./unix-seqpacket.ts";
export {
  ConnectedUnixSocket,
  UnixServer,
  UnixSocket,
  type UnixBindOptions,
  type UnixListenOptions,
} from "./unix-socket.ts";
export { UnixStreamServer, UnixStreamSocket } from "./unix-stream.ts";
export type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";
