/**
 * POSIX message queues: messages with priorities, each taken by one receiver.
 * @module
 */
import { constants } from "node:fs";
import { addon } from "./addon.ts";
import { DescriptorHandle, type NativeDescriptor, type NativeKey } from "./handle.ts";
import { filled, type IntoOptions } from "./into.ts";
import { DEFAULT_POSIX_MESSAGE_BYTES, DEFAULT_POSIX_MESSAGES, MAX_POSIX_PRIORITY } from "./limits.ts";
import { signalNumber, type SignalName } from "./signal-names.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

interface MessageQueueFunctions {
  mqOpen(name: string, flags: number, mode: number, maxMessages?: number, maxMessageBytes?: number): NativeDescriptor;
  mqUnlink(name: string): void;
  mqAttributes(queue: NativeDescriptor): [maxMessages: number, maxMessageBytes: number, messages: number];
  mqSend(queue: NativeKey<NativeDescriptor>, bytes: Uint8Array, priority: number): number | undefined;
  mqSendSync(
    queue: NativeKey<NativeDescriptor>,
    bytes: Uint8Array,
    priority: number,
    timeoutMs: number | undefined,
  ): number;
  mqReceive(queue: NativeKey<NativeDescriptor>, space: Uint8Array): number | undefined;
  mqReceiveSync(queue: NativeKey<NativeDescriptor>, space: Uint8Array, timeoutMs: number | undefined): number;
  mqNotify(queue: NativeDescriptor, signal?: number, value?: number): void;
}

const native = (): MessageQueueFunctions => addon() as MessageQueueFunctions;

/** What the addon's number counts the priority in. */
const priorityUnit = 2 ** 32;

export interface PosixMessageQueueOptions {
  /** Makes it where there is none. Default false. */
  create?: boolean | undefined;
  /** With `create`: fails with `EEXIST` where there is one. Default false. */
  exclusive?: boolean | undefined;
  /** Permissions of a new one, less the umask. Default 0o600: its owner alone. */
  mode?: number | undefined;
  /** Messages that a new one holds. Default 10; without privilege at most /proc/sys/fs/mqueue/msg_max. */
  maxMessages?: number | undefined;
  /** Bytes of a message in a new one, at most. Default 8192; without privilege at most /proc/sys/fs/mqueue/msgsize_max. */
  maxMessageBytes?: number | undefined;
  /** For what it is opened. Default `both`. */
  access?: "receive" | "send" | "both" | undefined;
}

export interface PosixMessage {
  bytes: Uint8Array;
  /** From 0 to 32767; what is higher is received first. */
  priority: number;
}

export interface PosixSendOptions {
  /** From 0 to 32767. Default 0. */
  priority?: number | undefined;
}

export interface PosixMessageQueueAttributes {
  /** Messages that it holds. */
  maxMessages: number;
  /** Bytes of a message, at most. */
  maxMessageBytes: number;
  /** Messages in it now. */
  messages: number;
}

/** The signal that tells of a message. */
export interface PosixNotification {
  /** Its name or number. */
  signal: SignalName | number;
  /** Sent with it: a 32-bit integer. Default 0. */
  value?: number | undefined;
}

/**
 * A POSIX message queue (mq_overview(7)). It lives in the kernel until its name is unlinked and nobody has it open. Linux;
 * elsewhere `ENOTSUP`.
 */
export class PosixMessageQueue extends DescriptorHandle {
  #space: Uint8Array | undefined;

  /**
   * @param name `/` and up to 255 bytes without another `/`
   * @throws `ENOENT` (none of this name, and `create` is not set), `EEXIST` (`exclusive`), `EACCES`, `EINVAL` (the name; more
   *   or longer messages than are allowed), `ENAMETOOLONG`, `EMFILE` (too many bytes in queues: RLIMIT_MSGQUEUE), `ENOSPC`
   */
  static open(name: string, options: PosixMessageQueueOptions = {}): PosixMessageQueue {
    const { create = false, exclusive = false, mode = 0o600, access = "both" } = options;
    const { maxMessages = DEFAULT_POSIX_MESSAGES, maxMessageBytes = DEFAULT_POSIX_MESSAGE_BYTES } = options;
    const flags =
      { receive: constants.O_RDONLY, send: constants.O_WRONLY, both: constants.O_RDWR }[access] |
      (create ? constants.O_CREAT : 0) |
      (exclusive ? constants.O_EXCL : 0);
    return new PosixMessageQueue(native().mqOpen(name, flags, mode, maxMessages, maxMessageBytes));
  }

  /** Removes the name. Who has the queue open keeps it. @throws `ENOENT`, `EACCES` */
  static unlink(name: string): void {
    native().mqUnlink(name);
  }

  get attributes(): PosixMessageQueueAttributes {
    const [maxMessages, maxMessageBytes, messages] = native().mqAttributes(this.native);
    return { maxMessages, maxMessageBytes, messages };
  }

  /**
   * Sends at once.
   * @returns false where there is no room
   * @throws `EMSGSIZE` (longer than the queue's messages), `EBADF` (not open for sending)
   */
  trySend(bytes: Uint8Array, { priority = 0 }: PosixSendOptions = {}): boolean {
    return native().mqSend(this.key, bytes, checkedPriority(priority)) !== undefined;
  }

  /** Sends, as soon as there is room. */
  async send(bytes: Uint8Array, options: PosixSendOptions & WaitOptions = {}): Promise<void> {
    const priority = checkedPriority(options.priority);
    await this.readiness.wait("writable", "mq_send", options, () => native().mqSend(this.key, bytes, priority));
  }

  /** {@link send}, with the thread waiting. */
  sendSync(bytes: Uint8Array, { priority = 0, timeoutMs }: PosixSendOptions & SyncWaitOptions = {}): void {
    native().mqSendSync(this.key, bytes, checkedPriority(priority), timeoutMs);
  }

  /**
   * The oldest message of the highest priority, or `undefined`.
   * @throws `EBADF` (not open for receiving), `EMSGSIZE` (`into` is shorter than the queue's `maxMessageBytes`, however long
   *   the message is, which stays)
   */
  tryReceive({ into }: IntoOptions = {}): PosixMessage | undefined {
    const space = into ?? this.#spaceForOne();
    const received = native().mqReceive(this.key, space);
    return received === undefined ? undefined : messageOf(space, received, into);
  }

  /** A message, as soon as one is there. */
  receive(options: IntoOptions & WaitOptions = {}): Promise<PosixMessage> {
    return this.readiness.wait("readable", "mq_receive", options, () => this.tryReceive(options));
  }

  /** {@link receive}, with the thread waiting. */
  receiveSync({ into, timeoutMs }: IntoOptions & SyncWaitOptions = {}): PosixMessage {
    const space = into ?? this.#spaceForOne();
    return messageOf(space, native().mqReceiveSync(this.key, space, timeoutMs), into);
  }

  /**
   * Has the kernel send this process a signal when a message comes into the empty queue and nobody waits for one, once.
   * @param how `null` takes it back, if it is ours
   * @throws `EBUSY` (a process is registered already), `EINVAL` (no such signal)
   */
  notify(how: PosixNotification | null): void {
    if (how === null) {
      native().mqNotify(this.native);
      return;
    }
    const { signal, value = 0 } = how;
    native().mqNotify(this.native, typeof signal === "number" ? signal : signalNumber(signal), value);
  }

  /** mq_receive wants room for the longest message, which is the queue's for good. */
  #spaceForOne(): Uint8Array {
    return (this.#space ??= new Uint8Array(this.attributes.maxMessageBytes));
  }
}

/** A copy, unless the space is the caller's: it is the next message's. */
function messageOf(space: Uint8Array, received: number, into: Uint8Array | undefined): PosixMessage {
  const priority = Math.floor(received / priorityUnit);
  const length = received - priority * priorityUnit;
  return { bytes: into === undefined ? space.slice(0, length) : filled(into, length), priority };
}

function checkedPriority(priority = 0): number {
  if (Number.isInteger(priority) && priority >= 0 && priority <= MAX_POSIX_PRIORITY) return priority;
  throw new RangeError(`priority must be an integer from 0 to ${String(MAX_POSIX_PRIORITY)}, not ${String(priority)}`);
}
