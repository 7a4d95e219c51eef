import { AdoptableHandle, DescriptorHandle, type NativeDescriptor } from "./handle.ts";
import { DEFAULT_READ_BYTES, MAX_DESCRIPTORS } from "./limits.ts";
import { filled, spaceInto, type IntoOptions } from "./into.ts";
import type { PeerCredentials } from "./peer-credentials.ts";
import { decodeUnixAddress, type UnixAddress } from "./unix-address.ts";

/** Descriptors to send: the sender keeps its own, the receiver gets others for the same open files. */
export type Descriptors = readonly (number | DescriptorHandle)[];

/** A descriptor that came over a socket, closed on exec. `PipeReader.adopt` and the like make of it what it is. */
export class ReceivedDescriptor extends AdoptableHandle {}

/** Of most messages: one for all. */
const noDescriptors: readonly ReceivedDescriptor[] = Object.freeze([]);

/** @internal What the addon tells beside the bytes. */
export interface NativeMessage {
  size: number;
  truncated: boolean;
  descriptorsLost: boolean;
  from?: Uint8Array;
  credentials?: PeerCredentials;
  descriptors?: NativeDescriptor[];
}

/** What came over a UNIX socket. */
export class UnixMessage implements Disposable {
  readonly bytes: Uint8Array;
  /** Whether the message was longer than `maxBytes` or `into`; what did not fit is gone. Never on a stream. */
  readonly truncated: boolean;
  /** The sender's name; `undefined` where it has none. */
  readonly from: UnixAddress | undefined;
  /** What came with it, in the order in which it was sent. They are closed with the message, or when they are garbage. */
  readonly descriptors: readonly ReceivedDescriptor[];
  /**
   * Descriptors were sent that this process could not take all: it has as many open as it may (`RLIMIT_NOFILE`), or they
   * were more than `maxDescriptors`. Then all of them are closed, and `descriptors` is empty.
   */
  readonly descriptorsLost: boolean;
  /** Who has sent it, with `passCredentials` (Linux). The kernel vouches for them. */
  readonly credentials: PeerCredentials | undefined;

  /** @internal */
  constructor(bytes: Uint8Array, more?: Partial<NativeMessage>) {
    this.bytes = bytes;
    this.truncated = more?.truncated ?? false;
    this.from = decodeUnixAddress(more?.from);
    this.descriptors = more?.descriptors?.map((descriptor) => new ReceivedDescriptor(descriptor)) ?? noDescriptors;
    this.descriptorsLost = more?.descriptorsLost ?? false;
    this.credentials = more?.credentials;
  }

  /** Closes the descriptors that nobody has taken (`adopt`, `release`). */
  close(): void {
    for (const descriptor of this.descriptors) descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** How much a receive takes. */
export interface UnixReceiveOptions extends IntoOptions {
  /** Bytes to take at most. Default 65536, or the length of `into`. What is longer is cut, where messages are kept apart. */
  maxBytes?: number | undefined;
  /** Descriptors to take at most: of a message with more, all are closed. Default 253, all that a message can have. */
  maxDescriptors?: number | undefined;
}

/** What is sent beside the bytes. */
export interface UnixSendOptions {
  /**
   * Descriptors to send along, at most 253. Handles must be open until the message is sent.
   * @throws RangeError beyond that. The kernel refuses with `EBADF` and `ETOOMANYREFS` (too many on their way)
   */
  descriptors?: Descriptors | undefined;
}

/** @internal As the addon takes them, of this moment: a handle that was closed has the number -1. */
export function descriptorNumbers(descriptors: Descriptors | undefined): Int32Array | undefined {
  if (descriptors === undefined || descriptors.length === 0) return undefined;
  if (descriptors.length > MAX_DESCRIPTORS)
    throw new RangeError(`a message carries at most ${String(MAX_DESCRIPTORS)} descriptors, not ${descriptors.length}`);
  return Int32Array.from(descriptors, (descriptor) => {
    const fd = typeof descriptor === "number" ? descriptor : descriptor.fd;
    if (!Number.isInteger(fd)) throw new TypeError(`a descriptor must be an integer, not ${String(fd)}`);
    return fd;
  });
}

/** Received into, then copied from: fresh memory would be filled with zeros. */
let scratch: Uint8Array | undefined;

/** @internal */
export function spaceFor({ maxBytes, into }: UnixReceiveOptions): Uint8Array {
  if (maxBytes !== undefined && (!Number.isSafeInteger(maxBytes) || maxBytes < 1))
    throw new RangeError(`maxBytes must be an integer of at least 1, not ${String(maxBytes)}`);
  if (into !== undefined) return spaceInto(into, maxBytes);
  if (maxBytes !== undefined && maxBytes > DEFAULT_READ_BYTES) return new Uint8Array(maxBytes);
  scratch ??= new Uint8Array(DEFAULT_READ_BYTES);
  return maxBytes === undefined ? scratch : scratch.subarray(0, maxBytes);
}

/** @internal */
export function messageOf(
  space: Uint8Array,
  received: number | NativeMessage,
  { into }: UnixReceiveOptions,
): UnixMessage {
  const size = typeof received === "number" ? received : received.size;
  const bytes = into === undefined ? space.slice(0, size) : filled(space, size);
  return typeof received === "number" ? new UnixMessage(bytes) : new UnixMessage(bytes, received);
}
