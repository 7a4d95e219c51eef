/**
 * UDP sockets that know at which of the machine's addresses they were asked, and answer from it.
 * @module
 */
import { addon } from "./addon.ts";
import { AdoptableHandle, type NativeDescriptor } from "./handle.ts";
import { DEFAULT_DATAGRAMS, MAX_DATAGRAM_BYTES, MAX_DATAGRAMS } from "./limits.ts";
import { socketOptions, unixNative } from "./unix-native.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

interface NativeDatagram {
  size: number;
  truncated: boolean;
  address: string;
  port: number;
  to?: string;
  interface?: number;
}

interface NativeOutgoing extends UdpAddress {
  bytes: Uint8Array;
  ipv6: boolean;
  from?: string | undefined;
}

interface UdpFunctions {
  udpBind(
    ipv6: boolean,
    address: string,
    port: number,
    reusePort: boolean,
    reserved: boolean,
    ipv6Only: boolean,
  ): NativeDescriptor;
  udpTie(descriptor: NativeDescriptor, ipv6: boolean, address: string, port: number): void;
  udpJoin(descriptor: NativeDescriptor, ipv6: boolean, group: string, on: string): void;
  udpName(descriptor: NativeDescriptor): UdpAddress;
  udpTellDestination(descriptor: NativeDescriptor, ipv6: boolean): void;
  udpReceive(
    descriptor: NativeDescriptor,
    space: Uint8Array,
    timeoutMs: number | undefined,
    wait: false,
  ): NativeDatagram | undefined;
  udpReceive(
    descriptor: NativeDescriptor,
    space: Uint8Array,
    timeoutMs: number | undefined,
    wait: true,
  ): NativeDatagram;
  udpReceiveMany(
    descriptor: NativeDescriptor,
    space: Uint8Array,
    maxBytes: number,
    maxMessages: number,
  ): NativeDatagram[] | undefined;
  udpSend(
    descriptor: NativeDescriptor,
    message: NativeOutgoing,
    timeoutMs: number | undefined,
    wait: boolean,
  ): true | undefined;
  udpSendMany(descriptor: NativeDescriptor, messages: readonly NativeOutgoing[]): number | undefined;
}

const native = (): UdpFunctions => addon() as UdpFunctions;

/** Bytes that one `receiveMany` makes room for at most: 1,024 of the longest datagrams. */
const maxSpaceBytes = MAX_DATAGRAMS * MAX_DATAGRAM_BYTES;

export interface UdpAddress {
  /** Numeric, of the socket's family. That of a link-local IPv6 address has a zone: `fe80::1%eth0`. */
  address: string;
  port: number;
}

export interface UdpBindOptions {
  /** A numeric address of the family. Default: any (`0.0.0.0`, `::`). */
  address?: string | undefined;
  /** Default 0: the kernel chooses. */
  port?: number | undefined;
  /** Default false. */
  ipv6?: boolean | undefined;
  /** Of one of IPv6: no IPv4 by way of it (`::ffff:127.0.0.1`). Default true. */
  ipv6Only?: boolean | undefined;
  /**
   * Other sockets of this user may bind the port so too; the kernel gives each client to one of them (`SO_REUSEPORT`;
   * FreeBSD: `SO_REUSEPORT_LB`; elsewhere `ENOTSUP`). Default false.
   */
  reusePort?: boolean | undefined;
  /**
   * A free port below 1024 instead of `port`, which only root can bind (bindresvport(3)): old services take a client at
   * such a port for a trusted one. Default false.
   */
  reserved?: boolean | undefined;
}

/** What a receive takes. */
export interface UdpReceiveOptions {
  /** Bytes of a datagram to take at most. Default 65535, the longest there are. */
  maxBytes?: number | undefined;
}

export interface UdpReceiveManyOptions extends UdpReceiveOptions {
  /** Datagrams to take at most, from 1 to 1024. Default 64. */
  maxMessages?: number | undefined;
}

export interface UdpMessage {
  bytes: Uint8Array;
  /** Whether it was longer than `maxBytes`; what did not fit is gone. */
  truncated: boolean;
  /** Who has sent it. */
  from: UdpAddress;
  /** The address that it was sent to, one of this machine's or a multicast one (Linux, macOS: `IP_PKTINFO`, `IPV6_RECVPKTINFO`). */
  to?: string;
  /** The index of the network interface that it came in by. */
  interface?: number;
}

export interface UdpSendOptions {
  /**
   * The address to send from: that which was asked, `to` of the question. Default: the kernel's choice by the route.
   * @throws `ENETUNREACH` or `EINVAL` where it is none of this machine's, `ENOTSUP` where the system can't
   */
  from?: string | undefined;
}

/** One of several datagrams to send. */
export interface UdpOutgoing extends UdpSendOptions {
  bytes: Uint8Array;
  to: UdpAddress;
}

let scratch: Uint8Array | undefined;

/** A UDP socket (udp(7), ip(7), ipv6(7)). */
export class UdpSocket extends AdoptableHandle {
  #ipv6: boolean | undefined;

  /** @throws `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES` (a port below 1024), `EINVAL` (no such address or port), `ENOTSUP` */
  static override bind<T extends UdpSocket = UdpSocket>(
    this: new (native: NativeDescriptor) => T,
    options: UdpBindOptions = {},
  ): T {
    const { ipv6 = false, ipv6Only = true, address = ipv6 ? "::" : "0.0.0.0", port = 0 } = options;
    const { reusePort = false, reserved = false } = options;
    return new this(native().udpBind(ipv6, address, port, reusePort, reserved, ipv6Only));
  }

  /** Where it is bound. */
  get address(): UdpAddress {
    return native().udpName(this.native);
  }

  /**
   * Ties it to one peer: from there alone datagrams come, and where nobody receives there (ICMP), the next receive or send fails with
   * `ECONNREFUSED`. Again: to another peer.
   * @throws `EINVAL` (no address of the socket's family, no port), `ENETUNREACH`
   */
  connect({ address, port }: UdpAddress): void {
    native().udpTie(this.native, this.ipv6, address, port);
  }

  /**
   * Receives what is sent to a multicast group, until it is closed.
   * @param group `224.0.0.0` to `239.255.255.255`, or `ff00::/8`
   * @param on the interface: an IPv4 address of its own, or, for IPv6, `::%eth0`. Default: that of the route to the group
   * @throws `EINVAL` (no group), `ENODEV` (no such interface, or no route), `EADDRINUSE` (joined already)
   */
  addMembership(group: string, on: string = this.ipv6 ? "::" : "0.0.0.0"): void {
    native().udpJoin(this.native, this.ipv6, group, on);
  }

  /** Bytes of datagrams that wait here at most; what comes beyond is lost (`SO_RCVBUF`; Linux counts its own as well). */
  get receiveBufferBytes(): number {
    return unixNative().socketOption(this.native, socketOptions.receiveBuffer);
  }

  /** Linux doubles it, up to /proc/sys/net/core/rmem_max. */
  set receiveBufferBytes(bytes: number) {
    unixNative().setSocketOption(this.native, socketOptions.receiveBuffer, bytes);
  }

  /**
   * Has datagrams tell `to` and `interface`, which those of a socket that was adopted do not otherwise.
   * @throws `EPROTOTYPE` for a socket that is none of datagrams
   */
  tellDestination(): void {
    native().udpTellDestination(this.native, this.ipv6);
  }

  /** Whether its addresses are those of IPv6. */
  get ipv6(): boolean {
    return (this.#ipv6 ??= this.address.address.includes(":"));
  }

  /** A datagram that is there now, or `undefined`. */
  tryReceive({ maxBytes = MAX_DATAGRAM_BYTES }: UdpReceiveOptions = {}): UdpMessage | undefined {
    const space = spaceFor(maxBytes);
    const received = native().udpReceive(this.native, space, undefined, false);
    return received && messageOf(space, received);
  }

  /** A datagram, as soon as one is there. */
  receive(options: UdpReceiveOptions & WaitOptions = {}): Promise<UdpMessage> {
    return this.readiness.wait("readable", "recvmsg", options, () => this.tryReceive(options));
  }

  /** {@link receive}, with the thread waiting. */
  receiveSync({ maxBytes = MAX_DATAGRAM_BYTES, timeoutMs }: UdpReceiveOptions & SyncWaitOptions = {}): UdpMessage {
    const space = spaceFor(maxBytes);
    return messageOf(space, native().udpReceive(this.native, space, timeoutMs, true));
  }

  /**
   * Datagrams that are there now, in one call of the kernel (Linux; `recvmmsg`).
   * @returns at least one, or `undefined`
   * @throws `ENOTSUP` on other systems
   */
  tryReceiveMany(options: UdpReceiveManyOptions = {}): UdpMessage[] | undefined {
    const { maxBytes = MAX_DATAGRAM_BYTES, maxMessages = DEFAULT_DATAGRAMS } = options;
    if (!Number.isSafeInteger(maxMessages) || maxMessages < 1 || maxMessages > MAX_DATAGRAMS)
      throw new RangeError(`maxMessages must be from 1 to ${String(MAX_DATAGRAMS)}, not ${String(maxMessages)}`);
    checkMaxBytes(maxBytes);
    const each = Math.min(maxBytes, MAX_DATAGRAM_BYTES);
    const space = spaceFor(each * maxMessages);
    const received = native().udpReceiveMany(this.native, space, each, maxMessages);
    return received?.map((message, i) => messageOf(space.subarray(i * each), message));
  }

  /** Datagrams, as soon as one is there. */
  receiveMany(options: UdpReceiveManyOptions & WaitOptions = {}): Promise<UdpMessage[]> {
    return this.readiness.wait("readable", "recvmmsg", options, () => this.tryReceiveMany(options));
  }

  /**
   * Sends a datagram.
   * @returns false where the socket's buffer is full
   * @throws `EMSGSIZE`, `EINVAL`, `ENETUNREACH`, `EACCES` (a broadcast address), `EPERM` (a firewall)
   */
  trySend(bytes: Uint8Array, to: UdpAddress, { from }: UdpSendOptions = {}): boolean {
    return native().udpSend(this.native, this.#outgoing({ bytes, to, from }), undefined, false) === true;
  }

  /** Sends a datagram, as soon as there is room. That it was sent does not tell that it arrives. */
  async send(bytes: Uint8Array, to: UdpAddress, options: UdpSendOptions & WaitOptions = {}): Promise<void> {
    await this.readiness.wait("writable", "sendmsg", options, () => this.trySend(bytes, to, options) || undefined);
  }

  /** {@link send}, with the thread waiting. */
  sendSync(bytes: Uint8Array, to: UdpAddress, { from, timeoutMs }: UdpSendOptions & SyncWaitOptions = {}): void {
    native().udpSend(this.native, this.#outgoing({ bytes, to, from }), timeoutMs, true);
  }

  /**
   * Sends the first of several datagrams, up to 1,024, in one call of the kernel (Linux; `sendmmsg`).
   * @returns how many were sent; where one of them fails, those before it, and its error comes when it is the first
   * @throws `ENOTSUP` on other systems
   */
  trySendMany(messages: readonly UdpOutgoing[]): number {
    if (messages.length === 0) return 0;
    const first = messages.slice(0, MAX_DATAGRAMS).map((message) => this.#outgoing(message));
    return native().udpSendMany(this.native, first) ?? 0;
  }

  /** Sends several datagrams. Where one fails, or the wait is ended, the error's `messagesSent` says how many were sent. */
  async sendMany(messages: readonly UdpOutgoing[], options: WaitOptions = {}): Promise<void> {
    let sent = 0;
    try {
      await this.readiness.wait("writable", "sendmmsg", options, () => {
        while (sent < messages.length) {
          const count = this.trySendMany(messages.slice(sent, sent + MAX_DATAGRAMS));
          if (count === 0) return undefined;
          sent += count;
        }
        return true;
      });
    } catch (error) {
      throw error instanceof Error && Object.isExtensible(error) ? Object.assign(error, { messagesSent: sent }) : error;
    }
  }

  #outgoing({ bytes, to: { address, port }, from }: UdpOutgoing): NativeOutgoing {
    return { bytes, address, port, from, ipv6: this.ipv6 };
  }
}

function checkMaxBytes(maxBytes: number): void {
  if (Number.isSafeInteger(maxBytes) && maxBytes >= 1 && maxBytes <= maxSpaceBytes) return;
  throw new RangeError(`maxBytes must be from 1 to ${String(maxSpaceBytes)}, not ${String(maxBytes)}`);
}

/** Kept for the next receive: memory of this size is zeroed page by page where it is new. */
function spaceFor(bytes: number): Uint8Array {
  checkMaxBytes(bytes);
  if (scratch === undefined || scratch.length < bytes) scratch = new Uint8Array(Math.max(bytes, MAX_DATAGRAM_BYTES));
  return scratch.subarray(0, bytes);
}

function messageOf(space: Uint8Array, { size, truncated, address, port, ...destination }: NativeDatagram): UdpMessage {
  return { bytes: space.slice(0, size), truncated, from: { address, port }, ...destination };
}
