/**
 * System V message queues: typed messages, each taken by one receiver.
 * @module
 */
import { addon } from "./addon.ts";
import { movedInto, type IntoOptions } from "./into.ts";
import { DEFAULT_SYSV_MESSAGE_BYTES } from "./limits.ts";
import {
  waitOnThread,
  type GiveResult,
  type ThreadCallback,
  type ThreadWaitOptions,
  type WaitNumber,
} from "./on-thread.ts";
import { Patience } from "./patience.ts";
import { systemError } from "./system-error.ts";
import { ipcFlags, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";
import { checkWaitOptions, type SyncWaitOptions } from "./wait-options.ts";

interface MessageQueueFunctions {
  msgget(key: number, flags: number): number;
  msgsnd(id: number, type: number, bytes: Uint8Array): boolean;
  msgsndWaiting(id: number, type: number, bytes: Uint8Array, callback: ThreadCallback<undefined>): WaitNumber;
  msgsndSync(id: number, type: number, bytes: Uint8Array, timeoutMs: number | undefined): void;
  // Into the space: the type as a double, then the bytes, whose number it yields.
  msgrcv(
    id: number,
    type: number,
    except: boolean,
    truncate: boolean,
    maxBytes: number,
    space: Uint8Array,
  ): number | undefined;
  msgrcvWaiting(
    id: number,
    type: number,
    except: boolean,
    truncate: boolean,
    maxBytes: number,
    callback: ThreadCallback<SysvMessage>,
  ): WaitNumber;
  msgrcvSync(
    id: number,
    type: number,
    except: boolean,
    truncate: boolean,
    maxBytes: number,
    space: Uint8Array,
    timeoutMs: number | undefined,
  ): number;
  msgStat(id: number): SysvMessageQueueStatus;
  msgSet(id: number, uid?: number, gid?: number, mode?: number, maxBytes?: number): void;
  msgRemove(id: number): void;
}

const native = (): MessageQueueFunctions => addon() as MessageQueueFunctions;

export interface SysvMessage {
  /** At least 1. */
  type: number;
  bytes: Uint8Array;
}

/** Which message a receive takes. */
export interface SysvReceiveOptions extends IntoOptions {
  /** `0`: the first. `> 0`: the first of this type. `< 0`: the first of the lowest type that is at most `-type`. Default 0. */
  type?: number | undefined;
  /** With `type > 0`: the first that is not of this type (Linux; `MSG_EXCEPT`). Default false. */
  except?: boolean | undefined;
  /** Bytes to take at most, and never more than `into` has room for. Default 8192, or the length of `into`. */
  maxBytes?: number | undefined;
  /** What is longer is cut; otherwise the receive fails with `E2BIG`, and the message stays. Default false. */
  truncate?: boolean | undefined;
}

/** msgctl's `IPC_STAT`. Times are seconds since 1970; 0: never. */
export interface SysvMessageQueueStatus extends SysvPermissions {
  /** Messages in it. */
  messages: number;
  /** Bytes in it (Linux). */
  bytes?: number;
  /** Bytes that it holds. */
  maxBytes: number;
  lastSendPid: number;
  lastReceivePid: number;
  lastSend: number;
  lastReceive: number;
  lastChange: number;
}

/** What messages are received into, and copied from. */
class Space {
  static #usual: Space | undefined;
  readonly bytes: Uint8Array;
  readonly #type: Float64Array;

  constructor(maxBytes: number) {
    try {
      this.bytes = new Uint8Array(8 + maxBytes);
    } catch {
      throw systemError("ENOMEM", "msgrcv");
    }
    this.#type = new Float64Array(this.bytes.buffer, 0, 1);
  }

  static for(maxBytes: number): Space {
    if (Number.isSafeInteger(maxBytes) && maxBytes > DEFAULT_SYSV_MESSAGE_BYTES) return new Space(maxBytes);
    return (Space.#usual ??= new Space(DEFAULT_SYSV_MESSAGE_BYTES));
  }

  message(size: number, { into }: SysvReceiveOptions): SysvMessage {
    const type = this.#type[0] ?? 0;
    if (into === undefined) return { type, bytes: this.bytes.slice(8, 8 + size) };
    return { type, bytes: movedInto(into, this.bytes.subarray(8, 8 + size)) };
  }
}

/** A receive that waits, which a message may also reach by us. */
interface WaitingReceive {
  readonly options: SysvReceiveOptions;
  readonly give: GiveResult<SysvMessage>;
}

/** A System V message queue. It lives in the kernel until someone removes it, and has no descriptor: there is nothing to close. */
export class SysvMessageQueue {
  /** The identifier, as `ipcs` shows it. */
  readonly id: number;
  /** What an aborted receive had taken already: for the next receive that wants it. */
  readonly #taken: SysvMessage[] = [];
  readonly #waiting = new Set<WaitingReceive>();
  readonly #patience: { send: Patience; receive: Patience } = { send: new Patience(), receive: new Patience() };

  /** A queue whose identifier is known. Whether it exists shows at the first use. */
  constructor(id: number) {
    this.id = id;
  }

  /**
   * The queue of a key.
   * @param key of `ftok`, or `IPC_PRIVATE` for a new one of its own
   * @throws `ENOENT` (no such queue, and `create` is not set), `EEXIST` (`exclusive`), `EACCES`, `ENOSPC`
   */
  static open(key: number, options: SysvOpenOptions = {}): SysvMessageQueue {
    return new SysvMessageQueue(native().msgget(key, ipcFlags(options)));
  }

  /**
   * Sends at once.
   * @param type at least 1
   * @returns false where there is no room
   * @throws `EINVAL` (the type, or more bytes than /proc/sys/kernel/msgmax), `EACCES`, `EIDRM`
   */
  trySend(type: number, bytes: Uint8Array): boolean {
    return native().msgsnd(this.id, type, bytes);
  }

  /** Sends, as soon as there is room. `EIDRM`: the queue was removed meanwhile. */
  async send(type: number, bytes: Uint8Array, options: ThreadWaitOptions = {}): Promise<void> {
    checkWaitOptions(options);
    options.signal?.throwIfAborted();
    if (native().msgsnd(this.id, type, bytes)) return;
    await waitOnThread<true | undefined>(
      "msgsnd",
      options,
      (callback) => native().msgsndWaiting(this.id, type, bytes, callback),
      // A message that was sent when the signal came can't be taken back, and must not be sent again.
      undefined,
      undefined,
      { patience: this.#patience.send, attempt: () => native().msgsnd(this.id, type, bytes) || undefined },
    );
  }

  /** {@link send}, with the thread waiting. */
  sendSync(type: number, bytes: Uint8Array, options: SyncWaitOptions = {}): void {
    checkWaitOptions(options);
    native().msgsndSync(this.id, type, bytes, options.timeoutMs);
  }

  /**
   * A message that is there now, or `undefined`.
   * @throws `E2BIG` (longer than `maxBytes`, without `truncate`), `EACCES`, `EIDRM`, `EINVAL` (no such queue)
   */
  tryReceive(options: SysvReceiveOptions = {}): SysvMessage | undefined {
    const taken = this.#takeTaken(options);
    if (taken !== undefined) return taken;
    const { type, except, truncate, maxBytes } = withDefaults(options);
    const space = Space.for(maxBytes);
    const size = native().msgrcv(this.id, type, except, truncate, maxBytes, space.bytes);
    return size === undefined ? undefined : space.message(size, options);
  }

  /**
   * A message, as soon as one is there. One that was taken from the queue just when the signal came is not lost: the next
   * receive of this object gets it, or one that waits.
   * @throws as {@link tryReceive}, or `EIDRM` where the queue was removed meanwhile
   */
  async receive(options: SysvReceiveOptions & ThreadWaitOptions = {}): Promise<SysvMessage> {
    checkWaitOptions(options);
    options.signal?.throwIfAborted();
    const there = this.tryReceive(options);
    if (there !== undefined) return there;
    const { type, except, truncate, maxBytes } = withDefaults(options);
    let waiting: WaitingReceive | undefined;
    try {
      const message = await waitOnThread(
        "msgrcv",
        options,
        (callback) => native().msgrcvWaiting(this.id, type, except, truncate, maxBytes, callback),
        (message) => {
          this.#keep(message);
        },
        (give) => {
          waiting = { options, give };
          this.#waiting.add(waiting);
        },
        { patience: this.#patience.receive, attempt: () => this.tryReceive(options) },
      );
      const { into } = options;
      // One that came at the last look lies there already.
      if (into === undefined || message.bytes.buffer === into.buffer) return message;
      return { type: message.type, bytes: movedInto(into, message.bytes) };
    } finally {
      if (waiting !== undefined) this.#waiting.delete(waiting);
    }
  }

  /** {@link receive}, with the thread waiting. */
  receiveSync(options: SysvReceiveOptions & SyncWaitOptions = {}): SysvMessage {
    checkWaitOptions(options);
    const taken = this.#takeTaken(options);
    if (taken !== undefined) return taken;
    const { type, except, truncate, maxBytes } = withDefaults(options);
    const space = Space.for(maxBytes);
    const size = native().msgrcvSync(this.id, type, except, truncate, maxBytes, space.bytes, options.timeoutMs);
    return space.message(size, options);
  }

  stat(): SysvMessageQueueStatus {
    return native().msgStat(this.id);
  }

  /**
   * Changes owner, permissions or capacity (`IPC_SET`). What is not given stays.
   * @throws `EACCES` (it may not be read), `EPERM` (neither owner nor creator; more bytes than /proc/sys/kernel/msgmnb without privilege)
   */
  set({ uid, gid, mode, maxBytes }: { uid?: number; gid?: number; mode?: number; maxBytes?: number }): void {
    native().msgSet(this.id, uid, gid, mode, maxBytes);
  }

  /** Removes it, with all messages; who waits gets `EIDRM`. */
  remove(): void {
    native().msgRemove(this.id);
  }

  /** @throws `E2BIG`, and the message stays, as the kernel does */
  #takeTaken(options: SysvReceiveOptions): SysvMessage | undefined {
    if (this.#taken.length === 0) return undefined;
    const { type, except, truncate, maxBytes } = withDefaults(options);
    const index = chosen(this.#taken, type, except);
    const message = this.#taken[index];
    if (message === undefined) return undefined;
    if (message.bytes.length > maxBytes && !truncate) throw systemError("E2BIG", "msgrcv");
    this.#taken.splice(index, 1);
    const bytes = message.bytes.subarray(0, maxBytes);
    return { type: message.type, bytes: options.into === undefined ? bytes : movedInto(options.into, bytes) };
  }

  /** For the first that waits and wants it, or for the next that comes. */
  #keep(message: SysvMessage): void {
    for (const waiting of this.#waiting) {
      const { type, except, truncate, maxBytes } = withDefaults(waiting.options);
      // Whom it is too long for goes on waiting: it fails by a message of the kernel's, not by one of our keeping.
      if (chosen([message], type, except) === -1 || (message.bytes.length > maxBytes && !truncate)) continue;
      this.#waiting.delete(waiting);
      waiting.give({ type: message.type, bytes: message.bytes.subarray(0, maxBytes) });
      return;
    }
    this.#taken.push(message);
  }
}

/** The kernel's choice, for the messages that we hold. */
function chosen(messages: readonly SysvMessage[], type: number, except: boolean): number {
  if (type === 0) return 0;
  if (type > 0) return messages.findIndex((message) => (message.type === type) !== except);
  const lowest = messages.reduce((least, message) => Math.min(least, message.type), Infinity);
  return lowest <= -type ? messages.findIndex((message) => message.type === lowest) : -1;
}

function withDefaults(options: SysvReceiveOptions): Required<{
  [Key in Exclude<keyof SysvReceiveOptions, "into">]: NonNullable<SysvReceiveOptions[Key]>;
}> {
  const { type = 0, except = false, truncate = false, into } = options;
  const { maxBytes = into?.length ?? DEFAULT_SYSV_MESSAGE_BYTES } = options;
  return { type, except, maxBytes: into === undefined ? maxBytes : Math.min(maxBytes, into.length), truncate };
}
