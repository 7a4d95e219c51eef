/**
 * UNIX sockets that carry a stream of bytes, as Node's own do, and descriptors with it, as those don't.
 * @module
 */
import { withBytesWritten } from "./bytes-written.ts";
import type { NativeDescriptor } from "./handle.ts";
import { timeLeft } from "./time-left.ts";
import type { UnixAddress } from "./unix-address.ts";
import { descriptorNumbers, type Descriptors, type UnixSendOptions } from "./unix-message.ts";
import { connectUnix, connectUnixSync, tryConnectUnix, unixNative } from "./unix-native.ts";
import { ConnectedUnixSocket, listenUnix, UnixServer, type UnixListenOptions } from "./unix-socket.ts";
import { checkWaitOptions, type SyncWaitOptions, type WaitOptions } from "./wait-options.ts";

/**
 * A connected socket, a pipe with two ways. Descriptors travel with the first byte of what was sent with them: a receive
 * that has taken some takes no byte that was sent after them with others.
 */
export class UnixStreamSocket extends ConnectedUnixSocket {
  /**
   * A connection; `undefined` where as many wait already as the server lets wait.
   * @throws `ENOENT`, `ECONNREFUSED` (nobody listens), `EACCES`, `EPROTOTYPE` (a socket of another type), `ENAMETOOLONG`
   */
  static tryConnect(address: UnixAddress): UnixStreamSocket | undefined {
    const connected = tryConnectUnix("stream", address);
    return connected && new UnixStreamSocket(connected);
  }

  /** A connection, as soon as the server lets one more wait. It need not have been accepted yet. */
  static async connect(address: UnixAddress, options: WaitOptions = {}): Promise<UnixStreamSocket> {
    return new UnixStreamSocket(await connectUnix("stream", address, options));
  }

  /** {@link connect}, with the thread waiting. */
  static connectSync(address: UnixAddress, { timeoutMs }: SyncWaitOptions = {}): UnixStreamSocket {
    return new UnixStreamSocket(connectUnixSync("stream", address, timeoutMs));
  }

  /**
   * Sends what there is room for.
   * @returns the bytes sent; `undefined` where there was no room, and no descriptor was sent either
   * @throws RangeError: descriptors without a byte. `EPIPE`: the peer has closed
   */
  trySend(bytes: Uint8Array, { descriptors }: UnixSendOptions = {}): number | undefined {
    return unixNative().sendMessage(this.key, bytes, undefined, numbersFor(bytes, descriptors));
  }

  /** Sends all. Where it fails or is ended in the middle, the error's `bytesWritten` says how many were sent. */
  async send(bytes: Uint8Array, options: UnixSendOptions & WaitOptions = {}): Promise<void> {
    let sent = 0;
    try {
      await this.readiness.wait("writable", "sendmsg", options, () => {
        sent += this.trySend(bytes.subarray(sent), sent === 0 ? options : {}) ?? 0;
        return sent === bytes.length ? true : undefined;
      });
    } catch (error) {
      throw withBytesWritten(error, sent);
    }
  }

  /** {@link send}, with the thread waiting. */
  sendSync(bytes: Uint8Array, { descriptors, timeoutMs }: UnixSendOptions & SyncWaitOptions = {}): void {
    checkWaitOptions({ timeoutMs });
    const left = timeLeft(timeoutMs);
    let sent = 0;
    try {
      do {
        const numbers = sent === 0 ? numbersFor(bytes, descriptors) : undefined;
        sent += unixNative().sendMessageSync(this.key, bytes.subarray(sent), undefined, numbers, left());
      } while (sent < bytes.length);
    } catch (error) {
      throw withBytesWritten(error, sent);
    }
  }
}

export class UnixStreamServer extends UnixServer<UnixStreamSocket> {
  /**
   * @param address without one, the kernel chooses an abstract name (Linux)
   * @throws `EADDRINUSE`, `EACCES`, `ENOENT` (no such folder), `ENAMETOOLONG`
   */
  static listen(address?: UnixAddress, options: UnixListenOptions = {}): UnixStreamServer {
    return new UnixStreamServer(listenUnix("stream", address, options));
  }

  protected override make(native: NativeDescriptor): UnixStreamSocket {
    return new UnixStreamSocket(native);
  }
}

/** The kernel would drop descriptors that come with no byte, and say nothing. */
function numbersFor(bytes: Uint8Array, descriptors: Descriptors | undefined): Int32Array | undefined {
  const numbers = descriptorNumbers(descriptors);
  if (numbers !== undefined && bytes.length === 0)
    throw new RangeError("descriptors are sent with at least one byte of a stream");
  return numbers;
}
