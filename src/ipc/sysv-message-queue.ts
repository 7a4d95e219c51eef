/**
 * System V message queues: typed messages, each taken by one receiver.
 * @module
 */
import { addon } from "./addon.ts";
import { waitOnThread, type CancelThread, type ThreadCallback } from "./on-thread.ts";
import { ipcFlags, type SysvOpenOptions, type SysvPermissions } from "./sysv.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

interface MessageQueueFunctions {
  msgget(key: number, flags: number): number;
  msgsnd(id: number, type: number, bytes: Uint8Array): boolean;
  msgsndWaiting(id: number, type: number, bytes: Uint8Array, callback: ThreadCallback<undefined>): CancelThread;
  msgsndSync(id: number, type: number, bytes: Uint8Array, timeoutMs: number | undefined): void;
  msgrcv(id: number, type: number, except: boolean, truncate: boolean, maxBytes: number): SysvMessage | undefined;
  msgrcvWaiting(
    id: number,
    type: number,
    except: boolean,
    truncate: boolean,
    maxBytes: number,
    callback: ThreadCallback<SysvMessage>,
  ): CancelThread;
  msgrcvSync(
    id: number,
    type: number,
    except: boolean,
    truncate: boolean,
    maxBytes: number,
    timeoutMs: number | undefined,
  ): SysvMessage;
  msgStat(id: number): SysvMessageQueueStatus;
  msgSet(id: number, uid?: number, gid?: number, mode?: number, maxBytes?: number): void;
  msgRemove(id: number): void;
}

const native = (): MessageQueueFunctions => addon() as MessageQueueFunctions;

/** Linux's default for the longest message (/proc/sys/kernel/msgmax). */
const defaultMaxBytes = 8192;

export interface SysvMessage {
  /** At least 1. */
  type: number;
  bytes: Uint8Array;
}

/** Which message a receive takes. */
export interface SysvReceiveOptions {
  /** `0`: the first. `> 0`: the first of this type. `< 0`: the first of the lowest type that is at most `-type`. Default 0. */
  type?: number | undefined;
  /** With `type > 0`: the first that is not of this type (Linux; `MSG_EXCEPT`). Default false. */
  except?: boolean | undefined;
  /** Bytes to take at most. Default 8192. */
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

/** A System V message queue. It lives in the kernel until someone removes it, and has no descriptor: there is nothing to close. */
export class SysvMessageQueue {
  /** The identifier, as `ipcs` shows it. */
  readonly id: number;
  /** What an aborted receive had taken already: for the next receive that wants it. */
  readonly #taken: SysvMessage[] = [];

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
  async send(type: number, bytes: Uint8Array, options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (native().msgsnd(this.id, type, bytes)) return;
    await waitOnThread(
      "msgsnd",
      options,
      (callback) => native().msgsndWaiting(this.id, type, bytes, callback),
      // It was sent when the signal came: there is nothing to give back.
      () => undefined,
    );
  }

  /** {@link send}, with the thread waiting. */
  sendSync(type: number, bytes: Uint8Array, { timeoutMs }: SyncWaitOptions = {}): void {
    native().msgsndSync(this.id, type, bytes, timeoutMs);
  }

  /**
   * A message that is there now, or `undefined`.
   * @throws `E2BIG` (longer than `maxBytes`, without `truncate`), `EACCES`, `EIDRM`, `EINVAL` (no such queue)
   */
  tryReceive(options: SysvReceiveOptions = {}): SysvMessage | undefined {
    const taken = this.#takeTaken(options);
    if (taken !== undefined) return taken;
    const { type, except, truncate, maxBytes } = withDefaults(options);
    return native().msgrcv(this.id, type, except, truncate, maxBytes);
  }

  /** A message, as soon as one is there. */
  async receive(options: SysvReceiveOptions & WaitOptions = {}): Promise<SysvMessage> {
    options.signal?.throwIfAborted();
    const there = this.tryReceive(options);
    if (there !== undefined) return there;
    const { type, except, truncate, maxBytes } = withDefaults(options);
    return waitOnThread(
      "msgrcv",
      options,
      (callback) => native().msgrcvWaiting(this.id, type, except, truncate, maxBytes, callback),
      (message) => this.#taken.push(message),
    );
  }

  /** {@link receive}, with the thread waiting. */
  receiveSync(options: SysvReceiveOptions & SyncWaitOptions = {}): SysvMessage {
    const taken = this.#takeTaken(options);
    if (taken !== undefined) return taken;
    const { type, except, truncate, maxBytes } = withDefaults(options);
    return native().msgrcvSync(this.id, type, except, truncate, maxBytes, options.timeoutMs);
  }

  stat(): SysvMessageQueueStatus {
    return native().msgStat(this.id);
  }

  /**
   * Changes owner, permissions or capacity (`IPC_SET`).
   * @throws `EPERM` (neither owner nor creator; more bytes than /proc/sys/kernel/msgmnb without privilege)
   */
  set({ uid, gid, mode, maxBytes }: { uid?: number; gid?: number; mode?: number; maxBytes?: number }): void {
    native().msgSet(this.id, uid, gid, mode, maxBytes);
  }

  /** Removes it, with all messages; who waits gets `EIDRM`. */
  remove(): void {
    native().msgRemove(this.id);
  }

  #takeTaken({ type = 0, except = false }: SysvReceiveOptions): SysvMessage | undefined {
    if (this.#taken.length === 0) return undefined;
    const index = chosen(this.#taken, type, except);
    return index === -1 ? undefined : this.#taken.splice(index, 1)[0];
  }
}

/** The kernel's choice, for the messages that we hold. */
function chosen(messages: readonly SysvMessage[], type: number, except: boolean): number {
  if (type === 0) return 0;
  if (type > 0) return messages.findIndex((message) => (message.type === type) !== except);
  const lowest = Math.min(...messages.map((message) => message.type));
  return lowest <= -type ? messages.findIndex((message) => message.type === lowest) : -1;
}

function withDefaults(options: SysvReceiveOptions): Required<{
  [Key in keyof SysvReceiveOptions]: NonNullable<SysvReceiveOptions[Key]>;
}> {
  const { type = 0, except = false, maxBytes = defaultMaxBytes, truncate = false } = options;
  return { type, except, maxBytes, truncate };
}
