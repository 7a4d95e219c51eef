/** A tcp server with nothing of the runtime in it, which answers as a test says; and what tests wait with. */
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { type ConnectOptions, type RpcConnection, connect } from "../../src/runtime/index.ts";
import { RawPeer, SERVICE, words } from "./support.ts";

export class RawServer {
  readonly port: number;
  readonly #listener: Server;
  readonly #sockets: Socket[] = [];
  readonly #waiting: ((socket: Socket) => void)[] = [];

  private constructor(listener: Server) {
    this.#listener = listener;
    this.port = (listener.address() as { port: number }).port;
    listener.on("connection", (socket: Socket) => {
      this.#sockets.push(socket);
      socket.on("error", () => undefined);
      this.#waiting.shift()?.(socket);
    });
  }

  static async listen(): Promise<RawServer> {
    const listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new RawServer(listener);
  }

  /** The next connection, as a socket that nobody reads yet. */
  nextSocket(): Promise<Socket> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A connection to it, and its end here. */
  async connect(options: ConnectOptions = {}): Promise<{ connection: RpcConnection; peer: RawPeer }> {
    const accepted = this.nextSocket();
    const connection = await connect(SERVICE, { host: "127.0.0.1", port: this.port, timeoutMs: 5000, ...options });
    return { connection, peer: RawPeer.over(await accepted) };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, "close");
  }
}

/** SUCCESS with AUTH_NONE, or with a verifier: flavor and body. */
export function replyTo(request: Buffer, result: readonly number[], verifier: Buffer = words(0, 0)): Buffer {
  return Buffer.concat([request.subarray(0, 4), words(1, 0), verifier, words(0, ...result)]);
}

/** MSG_DENIED, AUTH_ERROR. */
export function denyAuth(request: Buffer, authStat: number): Buffer {
  return Buffer.concat([request.subarray(0, 4), words(1, 1, 1, authStat)]);
}

/** Turns of the event loop until something is so; a test that waits in vain ends by mocha's timeout. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

/** A promise, and what resolves it. */
export function gate<T = void>(): { readonly promise: Promise<T>; readonly open: (value: T) => void } {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (open = resolve));
  return { promise, open };
}
