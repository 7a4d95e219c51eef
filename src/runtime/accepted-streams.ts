import type { ListenerContext } from "./listen.ts";
import { DEFAULT_MAX_CONNECTIONS } from "./limits.ts";
import { streamOptions } from "./open-connection.ts";
import type { ByteStream } from "./transport/byte-stream.ts";
import type { StreamOptions, StreamTransport } from "./transport/stream.ts";

/** The streams that one listener has accepted and that are open, up to `maxConnections`. */
export class AcceptedStreams {
  readonly #context: ListenerContext;
  readonly #options: StreamOptions;
  readonly #maxConnections: number;
  readonly #transports = new Set<StreamTransport>();

  /** @param path of the server, within this host */
  constructor(context: ListenerContext, path: string | undefined) {
    this.#context = context;
    this.#options = { ...streamOptions(context, context.budget), end: "accepted", path };
    this.#maxConnections = context.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  }

  /**
   * Serves another stream, or destroys it where there are as many as may be.
   * @param make the transport over it
   */
  take(socket: ByteStream, make: (options: StreamOptions) => StreamTransport): void {
    if (this.#transports.size >= this.#maxConnections) {
      // Who has connected and never called gives way, the oldest first: idle connections alone keep nobody out.
      const unused = first(this.#transports, ({ isUnused }) => isUnused);
      if (unused === undefined) {
        socket.destroy();
        return;
      }
      this.#transports.delete(unused);
      unused.destroy(new Error("the server has no room for a connection that calls nothing"));
    }
    const transport = make(this.#options);
    this.#transports.add(transport);
    socket.once("close", () => this.#transports.delete(transport));
    this.#context.accept(transport);
  }
}

function first<T>(all: Iterable<T>, test: (each: T) => boolean): T | undefined {
  for (const each of all) if (test(each)) return each;
  return undefined;
}
