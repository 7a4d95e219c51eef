import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

/** Place of the RPC version in a record's first bytes: behind record mark, xid and message type. */
const VERSION_AT = 12;

/** A tcp port that leads to another of this host; calls come out of it with RPC version 3. Each must come in one piece. */
export class VersionRelay implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#sockets = sockets;
  }

  static async listen(port: number): Promise<VersionRelay> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect({ host: "127.0.0.1", port });
      client.on("data", (chunk: Buffer) => {
        chunk.writeUInt32BE(3, VERSION_AT);
        upstream.write(chunk);
      });
      upstream.pipe(client);
      client.on("close", () => upstream.destroy());
      for (const socket of [client, upstream]) sockets.add(socket.on("error", () => socket.destroy()));
    });
    await once(server.listen({ host: "127.0.0.1", port: 0 }), "listening");
    return new VersionRelay(server, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
