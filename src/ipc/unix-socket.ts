/**
 * What UNIX sockets of all types have in common.
 * @module
 */
import { AdoptableHandle } from "./handle.ts";
import { DEFAULT_BACKLOG, MAX_DESCRIPTORS } from "./limits.ts";
import { decodeUnixAddress, type UnixAddress } from "./unix-address.ts";
import { messageOf, spaceFor, type UnixMessage, type UnixReceiveOptions } from "./unix-message.ts";
import { bindUnix, openUnix, socketOptions, unixNative, type SocketType } from "./unix-native.ts";
import type { NativeDescriptor } from "./handle.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

/** How a socket gets a name. */
export interface UnixBindOptions {
  /** Permissions of a path, less the umask: who can write can connect and send. Default 0o600: its owner alone. */
  mode?: number | undefined;
}

export abstract class UnixSocket extends AdoptableHandle {
  /** Its name; `undefined` where it has none. */
  get address(): UnixAddress | undefined {
    return decodeUnixAddress(unixNative().unixName(this.native, false));
  }

  /** Whether each message that is received tells who has sent it (Linux; `SO_PASSCRED`). Default false. */
  get passCredentials(): boolean {
    return unixNative().socketOption(this.native, socketOptions.passCredentials) !== 0;
  }

  set passCredentials(on: boolean) {
    unixNative().setSocketOption(this.native, socketOptions.passCredentials, on ? 1 : 0);
  }

  /** Bytes on their way from here that nobody has received yet, at most (`SO_SNDBUF`; Linux counts its own as well). */
  get sendBufferBytes(): number {
    return unixNative().socketOption(this.native, socketOptions.sendBuffer);
  }

  /** Linux doubles it, up to /proc/sys/net/core/wmem_max. A longer datagram fails with `EMSGSIZE`. */
  set sendBufferBytes(bytes: number) {
    unixNative().setSocketOption(this.native, socketOptions.sendBuffer, bytes);
  }
}

/** A socket that is connected: its peer's end is the end of what is received. */
export abstract class ConnectedUnixSocket extends UnixSocket {
  /** The peer's name; `undefined` where it has none. */
  get peerAddress(): UnixAddress | undefined {
    return decodeUnixAddress(unixNative().unixName(this.native, true));
  }

  /** What is there now; `null` at the end; `undefined` where nothing is there yet. */
  tryReceive(options: UnixReceiveOptions = {}): UnixMessage | null | undefined {
    const space = spaceFor(options);
    const received = unixNative().receiveMessage(this.key, space, maxDescriptorsOf(options), true);
    return received === undefined || received === null ? received : messageOf(space, received, options);
  }

  /** What is there, as soon as something is; `null` at the end. `ECONNRESET`: the peer closed with our messages unread. */
  receive(options: UnixReceiveOptions & WaitOptions = {}): Promise<UnixMessage | null> {
    return this.readiness.wait("readable", "recvmsg", options, () => this.tryReceive(options));
  }

  /** {@link receive}, with the thread waiting. */
  receiveSync(options: UnixReceiveOptions & SyncWaitOptions = {}): UnixMessage | null {
    const space = spaceFor(options);
    const { timeoutMs } = options;
    const received = unixNative().receiveMessageSync(this.key, space, maxDescriptorsOf(options), true, timeoutMs);
    return received === null ? null : messageOf(space, received, options);
  }

  /** Tells the peer that no more is sent (its receives end), or that no more is received (its sends fail with `EPIPE`). */
  shutdown({ receiving = false, sending = false }: { receiving?: boolean; sending?: boolean }): void {
    unixNative().shutdownSocket(this.native, receiving, sending);
  }
}

export interface UnixListenOptions extends UnixBindOptions {
  /** Connections that wait to be accepted, at most; the kernel's bound is /proc/sys/net/core/somaxconn. Default 128. */
  backlog?: number | undefined;
}

/**
 * A socket that others connect to. `close` leaves the file of a path where it is, and a path where there is one can't be
 * bound (`EADDRINUSE`): removing it (`unlinkSync`) is the caller's, who knows whether a stale one is its own.
 */
export abstract class UnixServer<Socket extends ConnectedUnixSocket> extends UnixSocket {
  protected abstract make(native: NativeDescriptor): Socket;

  /** A connection that waits, or `undefined`. */
  tryAccept(): Socket | undefined {
    const accepted = unixNative().unixAccept(this.native);
    return accepted && this.make(accepted);
  }

  /** The next connection. */
  accept(options: WaitOptions = {}): Promise<Socket> {
    return this.readiness.wait("readable", "accept", options, () => this.tryAccept());
  }

  /** {@link accept}, with the thread waiting. */
  acceptSync({ timeoutMs }: SyncWaitOptions = {}): Socket {
    return this.make(unixNative().unixAcceptSync(this.native, timeoutMs));
  }
}

/** @internal */
export function maxDescriptorsOf({ maxDescriptors = MAX_DESCRIPTORS }: UnixReceiveOptions): number {
  if (Number.isSafeInteger(maxDescriptors) && maxDescriptors >= 0) return maxDescriptors;
  throw new RangeError(`maxDescriptors must be an integer of at least 0, not ${String(maxDescriptors)}`);
}

/** @internal */
export function listenUnix(
  type: SocketType,
  address: UnixAddress | undefined,
  { mode = 0o600, backlog = DEFAULT_BACKLOG }: UnixListenOptions,
): NativeDescriptor {
  return openUnix(type, (socket) => {
    bindUnix(socket, address, mode);
    unixNative().unixListen(socket, backlog);
  });
}
