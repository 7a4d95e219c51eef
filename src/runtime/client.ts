import { type ConnectOptions, connect } from "./connect.ts";
import type { CallOptions, RpcConnection } from "./connection.ts";

/**
 * Base of the generated clients. Beside its procedures a client has `connection` and its disposal and nothing else, so
 * that no procedure's name can collide.
 */
export class RpcClient {
  /** The connection that the calls go over. Several clients can share one. */
  readonly connection: RpcConnection;
  readonly #defaults: CallOptions | undefined;
  #owned = false;

  /** A client over a connection that someone else closes. `defaults` holds for each call that does not say otherwise. */
  constructor(connection: RpcConnection, defaults?: CallOptions) {
    this.connection = connection;
    this.#defaults = defaults;
  }

  /** Closes the connection, if `connect` made it for this client. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#owned) await this.connection.close();
  }

  static {
    own = (client) => (client.#owned = true);
    callOptions = (client, options) =>
      client.#defaults === undefined ? options : { ...client.#defaults, ...options };
  }
}

let own: (client: RpcClient) => void;

/** The options of a call over the client's defaults. Generated clients call it. */
export let callOptions: (client: RpcClient, options: CallOptions | undefined) => CallOptions | undefined;

/** Connects to a program's service and makes a client that closes the connection. Generated clients call it. */
export async function connectClient<C extends RpcClient>(
  Client: new (connection: RpcConnection) => C,
  program: number,
  version: number,
  to: string | ConnectOptions,
): Promise<C> {
  const client = new Client(await connect({ program, version }, to));
  own(client);
  return client;
}
