import { type ConnectOptions, connect } from "./connect.ts";
import type { CallOptions } from "./connection-options.ts";
import type { RpcConnection } from "./connection.ts";

// Set by the class below: the doors to its private state, which no subclass and no user has.
let own: (client: RpcClient) => void;
let defaultsOf: (client: RpcClient) => CallOptions | undefined;

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
    defaultsOf = (client) => client.#defaults;
  }
}

/** The options of a call over the client's defaults. Generated clients call it. */
export function callOptions(client: RpcClient, options: CallOptions | undefined): CallOptions | undefined {
  const defaults = defaultsOf(client);
  return defaults === undefined ? options : { ...defaults, ...options };
}

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
