import { DEFAULT_MAX_CONNECTIONS } from "./limits.ts";
import type { ByteStream } from "./transport/byte-stream.ts";
import type { StreamOptions, StreamTransport } from "./transport/stream.ts";
import type { Transport } from "./transport/transport.ts";

/** What a listener accepts with. */
export interface AcceptContext {
  /** What each stream is made with. */
  readonly streams: Omit<StreamOptions, "end" | "path">;
  /** Connections at a time. */
  readonly maxConnections?: number;
  /** Takes each new transport. */
  readonly accept: (transport: Transport) => void;
}

/** What a listener has accepted and is open, up to `maxConnections`. */
export class AcceptedTransports<T extends Transport & { readonly isUnused: boolean }> {
  /** What each is made with. */
  readonly options: StreamOptions;
  protected readonly context: AcceptContext;
  readonly #maxConnections: number;
  readonly #transports = new Map<T, Promise<unknown>>();

  /** @param path of the server, within this host */
  constructor(context: AcceptContext, path: string | undefined) {
    this.context = context;
    this.options = { ...context.streams, end: "accepted", path };
    this.#maxConnections = context.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  }

  /** False where there are as many as may be, and each of them is in use. */
  makeRoom(): boolean {
    if (this.#transports.size < this.#maxConnections) return true;
    // Who has connected and never called gives way, the oldest first: idle connections alone keep nobody out.
    for (const transport of this.#transports.keys()) {
      if (!transport.isUnused) continue;
      this.#transports.delete(transport);
      transport.destroy(new Error("the server has no room for a connection that calls nothing"));
      return true;
    }
    return false;
  }

  /** Counts it until it has ended. */
  add(transport: T, ended: Promise<unknown>): void {
    this.#transports.set(transport, ended);
    void ended.then(() => this.#transports.delete(transport));
  }

  /** Resolves when all that are there now have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#transports.values());
  }
}

/** Those that go over streams. */
export class AcceptedStreams extends AcceptedTransports<StreamTransport> {
  /**
   * Serves another stream, or destroys it where there is no room.
   * @param make the transport over it
   */
  take(socket: ByteStream, make: (options: StreamOptions) => StreamTransport): void {
    if (!this.makeRoom()) {
      socket.destroy();
      return;
    }
    const transport = make(this.options);
    this.add(transport, new Promise((resolve) => socket.once("close", resolve)));
    this.context.accept(transport);
  }
}
