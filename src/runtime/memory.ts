/** Transports without a socket, for tests. */
import { RpcAddress } from "./address.ts";
import { DEFAULT_MAX_RECORD_BYTES, MAX_MEMORY_UNREAD_BYTES } from "./limits.ts";
import type { Transport, TransportSink } from "./transport/transport.ts";
import { Waiters } from "./waiters.ts";

/** The path of both ends' addresses. */
const MEMORY = "(memory)";

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
  readonly #flushed = new Waiters();

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
    return this.#unread <= MAX_MEMORY_UNREAD_BYTES;
  }

  /** The other end has read a message of ours. */
  #read(bytes: number): void {
    this.#unread -= bytes;
    if (this.#unread > 0) return;
    this.#flushed.resolve();
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
    return this.#flushed.wait();
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
    this.#flushed.reject(new Error(ENDED));
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
