/**
 * UNIX sockets that are connected and keep messages apart (SOCK_SEQPACKET; Linux, not macOS).
 * @module
 */
import { Bell } from "./bell.ts";
import type { NativeDescriptor } from "./handle.ts";
import type { UnixAddress } from "./unix-address.ts";
import { descriptorNumbers, type UnixSendOptions } from "./unix-message.ts";
import {
  connectUnix,
  connectUnixSync,
  socketOptions,
  tryConnectUnix,
  sendUnixSync,
  unixNative,
} from "./unix-native.ts";
import { ConnectedUnixSocket, listenUnix, UnixServer, type UnixListenOptions } from "./unix-socket.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

/** A connected socket whose messages arrive whole, in order, and none twice. An empty one is no end. */
export class UnixSeqpacketSocket extends ConnectedUnixSocket {
  /** @internal Made by connecting, accepting, `socketpair` and `adopt`. */
  constructor(native: NativeDescriptor) {
    super(native);
    // A message, also an empty one, has a time. The end has none.
    unixNative().setSocketOption(native, socketOptions.timestamp, 1);
  }

  /**
   * A connection; `undefined` where as many wait already as the server lets wait.
   * @throws `ENOENT`, `ECONNREFUSED` (nobody listens), `EACCES`, `EPROTOTYPE` (a socket of another type), `ENAMETOOLONG`
   */
  static tryConnect(address: UnixAddress): UnixSeqpacketSocket | undefined {
    const connected = tryConnectUnix("seqpacket", address);
    return connected && new UnixSeqpacketSocket(connected);
  }

  /** A connection, as soon as the server lets one more wait. It need not have been accepted yet. */
  static async connect(address: UnixAddress, options: WaitOptions = {}): Promise<UnixSeqpacketSocket> {
    return new UnixSeqpacketSocket(await connectUnix("seqpacket", address, options));
  }

  /** {@link connect}, with the thread waiting. */
  static connectSync(address: UnixAddress, { timeoutMs }: SyncWaitOptions = {}): UnixSeqpacketSocket {
    return new UnixSeqpacketSocket(connectUnixSync("seqpacket", address, timeoutMs));
  }

  /**
   * Sends a message.
   * @returns false where there is no room
   * @throws `EMSGSIZE` (longer than `sendBufferBytes`), `EPIPE` (the peer has closed)
   */
  trySend(bytes: Uint8Array, { descriptors }: UnixSendOptions = {}): boolean {
    return unixNative().sendMessage(this.key, bytes, undefined, descriptorNumbers(descriptors)) !== undefined;
  }

  /** Sends a message, as soon as there is room. */
  async send(bytes: Uint8Array, options: UnixSendOptions & WaitOptions = {}): Promise<void> {
    await this.readiness.wait("writable", "sendmsg", options, () => this.trySend(bytes, options) || undefined);
  }

  /** @internal The socket as a bell: it is not used in any other way from then on, but closed. */
  bell(): Bell {
    return new Bell(this.native);
  }

  /** {@link send}, with the thread waiting. */
  sendSync(bytes: Uint8Array, { descriptors, timeoutMs }: UnixSendOptions & SyncWaitOptions = {}): void {
    sendUnixSync(this.key, bytes, descriptors, timeoutMs);
  }
}

export class UnixSeqpacketServer extends UnixServer<UnixSeqpacketSocket> {
  /**
   * @param address without one, the kernel chooses an abstract name (Linux)
   * @throws `EADDRINUSE`, `EACCES`, `ENOENT` (no such folder), `ENAMETOOLONG`
   */
  static listen(address?: UnixAddress, options: UnixListenOptions = {}): UnixSeqpacketServer {
    return new UnixSeqpacketServer(listenUnix("seqpacket", address, options));
  }

  protected override make(native: NativeDescriptor): UnixSeqpacketSocket {
    return new UnixSeqpacketSocket(native);
  }
}
