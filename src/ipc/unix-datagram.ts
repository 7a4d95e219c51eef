/**
 * UNIX sockets without connections: datagrams that are neither lost nor reordered.
 * @module
 */
import { events } from "./readiness.ts";
import { systemError } from "./system-error.ts";
import { timeLeft } from "./time-left.ts";
import { encodeUnixAddress, type UnixAddress } from "./unix-address.ts";
import {
  descriptorNumbers,
  messageOf,
  spaceFor,
  type UnixMessage,
  type UnixReceiveOptions,
  type UnixSendOptions,
} from "./unix-message.ts";
import { bindUnix, openUnix, sendUnixSync, unixNative } from "./unix-native.ts";
import { maxDescriptorsOf, UnixSocket, type UnixBindOptions } from "./unix-socket.ts";
import { checkWaitOptions, type SyncWaitOptions, type WaitOptions } from "./wait-options.ts";

export interface UnixDatagramSendOptions extends UnixSendOptions {
  /** Who is to get it. Default: whom the socket is connected to. */
  to?: UnixAddress | undefined;
}

/**
 * A UNIX datagram socket. A sender waits where the receiver's queue is full (Linux:
 * /proc/sys/net/unix/max_dgram_qlen, 10 datagrams, and one more).
 */
export class UnixDatagramSocket extends UnixSocket {
  /** Stand-ins that wait for room in the queue of a receiver. */
  readonly #probes = new Set<UnixDatagramSocket>();

  /** A socket without a name: it sends, and nobody can answer. */
  static open(): UnixDatagramSocket {
    return new UnixDatagramSocket(openUnix("datagram", () => undefined));
  }

  /**
   * A socket that others send to. A path's file stays when it is closed: removing it is the caller's, as is a stale one.
   * @param address without one, the kernel chooses an abstract name (Linux)
   * @throws `EADDRINUSE`, `EACCES`, `ENOENT` (no such folder), `ENAMETOOLONG`
   */
  static override bind(address?: UnixAddress, { mode = 0o600 }: UnixBindOptions = {}): UnixDatagramSocket {
    return new UnixDatagramSocket(
      openUnix("datagram", (socket) => {
        bindUnix(socket, address, mode);
      }),
    );
  }

  /** Sends to this address by default, and receives from no other. @throws `ENOENT`, `ECONNREFUSED`, `EACCES`, `EPROTOTYPE` */
  connect(address: UnixAddress): void {
    unixNative().unixConnect(this.native, encodeUnixAddress(address));
  }

  /**
   * Sends a datagram.
   * @returns false where there is no room
   * @throws `ECONNREFUSED` (nobody receives there), `ENOENT`, `EACCES`, `EMSGSIZE` (longer than `sendBufferBytes`),
   *   `ENOTCONN` (no `to`, and not connected), `EPERM` (the receiver is connected to another)
   */
  trySend(bytes: Uint8Array, { to, descriptors }: UnixDatagramSendOptions = {}): boolean {
    const address = to === undefined ? undefined : encodeUnixAddress(to);
    return unixNative().sendMessage(this.key, bytes, address, descriptorNumbers(descriptors)) !== undefined;
  }

  /** Sends a datagram, as soon as there is room. Several that wait for one receiver may reach it in another order. */
  async send(bytes: Uint8Array, options: UnixDatagramSendOptions & WaitOptions = {}): Promise<void> {
    const attempt = (): true | undefined => this.trySend(bytes, options) || undefined;
    const { to, timeoutMs, signal } = options;
    if (to === undefined) {
      await this.readiness.wait("writable", "sendmsg", options, attempt);
      return;
    }
    checkWaitOptions(options);
    signal?.throwIfAborted();
    if (attempt()) return;
    const left = timeLeft(timeoutMs);
    const probe = this.#openProbe(to);
    try {
      let sent: boolean;
      do {
        const options = { timeoutMs: left(), signal };
        sent = await this.readiness.wait("writable", "sendmsg", options, () => attempt() ?? probeNext(this.#hasRoom()));
        sent ||= await probe.readiness.wait(
          "writable",
          "sendmsg",
          options,
          () => attempt() ?? ownNext(this.#hasRoom()),
        );
      } while (!sent);
    } catch (error) {
      // The steps of one wait: closing ends all of it, whichever comes next.
      throw this.closed ? systemError("ECANCELED", "sendmsg") : error;
    } finally {
      this.#probes.delete(probe);
      probe.close();
    }
  }

  /** {@link send}, with the thread waiting. */
  sendSync(bytes: Uint8Array, options: UnixDatagramSendOptions & SyncWaitOptions = {}): void {
    const { to, descriptors, timeoutMs } = options;
    if (to === undefined) {
      sendUnixSync(this.key, bytes, descriptors, timeoutMs);
      return;
    }
    checkWaitOptions(options);
    if (this.trySend(bytes, options)) return;
    const left = timeLeft(timeoutMs);
    const probe = this.#openProbe(to);
    try {
      do {
        this.#waitForRoom(left());
        probe.#waitForRoom(left());
      } while (!this.trySend(bytes, options));
    } finally {
      this.#probes.delete(probe);
      probe.close();
    }
  }

  /** A datagram that is there now, or `undefined`. */
  tryReceive(options: UnixReceiveOptions = {}): UnixMessage | undefined {
    const space = spaceFor(options);
    const received = unixNative().receiveMessage(this.key, space, maxDescriptorsOf(options), false);
    return received === undefined ? undefined : messageOf(space, received, options);
  }

  /** A datagram, as soon as one is there. */
  receive(options: UnixReceiveOptions & WaitOptions = {}): Promise<UnixMessage> {
    return this.readiness.wait("readable", "recvmsg", options, () => this.tryReceive(options));
  }

  /** {@link receive}, with the thread waiting. */
  receiveSync(options: UnixReceiveOptions & SyncWaitOptions = {}): UnixMessage {
    const space = spaceFor(options);
    const { timeoutMs } = options;
    return messageOf(
      space,
      unixNative().receiveMessageSync(this.key, space, maxDescriptorsOf(options), false, timeoutMs),
      options,
    );
  }

  override close(): void {
    super.close();
    this.#closeProbes();
  }

  override release(): number {
    const fd = super.release();
    this.#closeProbes();
    return fd;
  }

  /**
   * Poll tells of a receiver's full queue only to those who are connected to it, so one that is connected waits in our
   * place. Ours tells whether our own buffer is full.
   */
  #openProbe(to: UnixAddress): UnixDatagramSocket {
    const probe = UnixDatagramSocket.open();
    try {
      probe.connect(to);
    } catch (error) {
      probe.close();
      throw error;
    }
    this.#probes.add(probe);
    return probe;
  }

  #closeProbes(): void {
    for (const probe of this.#probes) probe.close();
  }

  #hasRoom(): boolean {
    return unixNative().pollSync(this.native, events.writable, 0);
  }

  #waitForRoom(timeoutMs: number | undefined): void {
    if (!unixNative().pollSync(this.native, events.writable, timeoutMs)) throw systemError("ETIMEDOUT", "sendmsg");
  }
}

/** With room in our own buffer it is the receiver's queue that is full: that wait is over, without success. */
function probeNext(hasRoom: boolean): false | undefined {
  return hasRoom ? false : undefined;
}

/** The other way round. */
function ownNext(hasRoom: boolean): false | undefined {
  return hasRoom ? undefined : false;
}
