/** Transports without a socket, for tests. */
import { RpcAddress } from "./address.ts";
import { DEFAULT_MAX_RECORD_BYTES } from "./limits.ts";
import type { Transport, TransportSink } from "./transport/transport.ts";

/** The path of both ends' addresses. */
const MEMORY = "(memory)";

/** Bytes that may wait for the other end to read them before `send` has room no more: as many as a socket's buffers. */
const MEMORY_BYTES = 64 * 1024;
const ENDED = "the connection has ended";

/** The two ends of a connection within this process. Messages are copied, and arrive in a later turn, as over a socket. */
export function memoryTransports(maxMessageBytes: number = DEFAULT_MAX_RECORD_BYTES): [Transport, Transport] {
  const ends: [MemoryTransport, MemoryTransport] = [
    new MemoryTransport(maxMessageBytes, () => ends[1]),
    new MemoryTransport(maxMessageBytes, () => ends[0]),
  ];
  return ends;
}

class MemoryTransport implements Transport {
  readonly netid = "local";
  readonly local: RpcAddress = RpcAddress.local(MEMORY);
  readonly peer: RpcAddress = RpcAddress.local(MEMORY);
  readonly maxMessageBytes: number;
  readonly isReliable = true;
  readonly #other: () => MemoryTransport;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  #sink: TransportSink | undefined;
  /** What has come before `start`, or while it is paused. */
  readonly #waiting: Uint8Array[] = [];
  #isPaused = true;
  #isEnded = false;
  /** Bytes that were sent and that the other end has not read. */
  #unread = 0;
  readonly #flushed = new Set<{ readonly resolve: () => void; readonly reject: (error: Error) => void }>();

  constructor(maxMessageBytes: number, other: () => MemoryTransport) {
    this.maxMessageBytes = maxMessageBytes;
    this.#other = other;
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.resume();
  }

  send(message: Uint8Array): void {
    if (this.#isEnded) return;
    const copy = message.slice();
    const other = this.#other();
    this.#unread += copy.length;
    setImmediate(() => {
      other.#receive(copy);
    });
  }

  get hasRoom(): boolean {
    return this.#unread <= MEMORY_BYTES;
  }

  /** The other end has read a message of ours. */
  #read(bytes: number): void {
    this.#unread -= bytes;
    if (this.#unread > 0) return;
    for (const { resolve } of this.#flushed) resolve();
    this.#flushed.clear();
  }

  #receive(message: Uint8Array): void {
    if (this.#isEnded) return;
    if (this.#isPaused) this.#waiting.push(message);
    else {
      this.#other().#read(message.length);
      this.#sink?.message(message, this.peer);
    }
  }

  flush(): Promise<void> {
    if (this.#unread === 0) return Promise.resolve();
    if (this.#isEnded) return Promise.reject(new Error(ENDED));
    return new Promise((resolve, reject) => this.#flushed.add({ resolve, reject }));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const message of this.#waiting.splice(0)) this.#receive(message);
  }

  async close(): Promise<void> {
    this.#end(undefined);
    await this.#closed;
  }

  destroy(error: Error): void {
    this.#end(error);
  }

  /** Behind what was sent, as a socket does it. */
  #end(error: Error | undefined): void {
    if (this.#isEnded) return;
    setImmediate(() => {
      this.#ended(error);
      this.#other().#ended(undefined);
    });
  }

  #ended(error: Error | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const { reject } of this.#flushed) reject(new Error(ENDED));
    this.#flushed.clear();
    this.#resolveClosed();
    this.#sink?.closed(error);
  }

  credentials(): undefined {
    return undefined;
  }

  unref(): void {
    // Nothing keeps the process alive.
  }
}
