import type { ServiceId } from "../rpcbind/rpcbind-types.ts";
import { connectSync } from "./connect.ts";
import type { RpcSyncConnection } from "./connection.ts";
import type { SyncCallOptions, SyncConnectOptions } from "./options.ts";

// Set by the class below: the doors to its private state, which no subclass and no user has.
let own: (client: RpcSyncClient) => void;
let defaultsOf: (client: RpcSyncClient) => SyncCallOptions | undefined;

/**
 * Base of the generated blocking clients. Beside its procedures a client has `connection` and its disposal and nothing else, so that no
 * procedure's name can collide.
 */
export class RpcSyncClient implements Disposable {
  /** The connection that the calls go over. Several clients can share one. */
  readonly connection: RpcSyncConnection;
  readonly #defaults: SyncCallOptions | undefined;
  #owned = false;

  /** A client over a connection that someone else closes. `defaults` holds for each call that does not say otherwise. */
  constructor(connection: RpcSyncConnection, defaults?: SyncCallOptions) {
    this.connection = connection;
    this.#defaults = defaults;
  }

  /** Closes the connection, if `connect` made it for this client. */
  [Symbol.dispose](): void {
    if (this.#owned) this.connection.close();
  }

  static {
    own = (client) => (client.#owned = true);
    defaultsOf = (client) => client.#defaults;
  }
}

/** The options of a call over the client's defaults. Generated clients call it. */
export function syncCallOptions(
  client: RpcSyncClient,
  options: SyncCallOptions | undefined,
): SyncCallOptions | undefined {
  const defaults = defaultsOf(client);
  return defaults === undefined ? options : { ...defaults, ...options };
}

/** Connects to a program's service and makes a client that closes the connection. Generated clients call it. */
export function connectSyncClient<C extends RpcSyncClient>(
  Client: new (connection: RpcSyncConnection) => C,
  program: ServiceId["program"],
  version: ServiceId["version"],
  to: string | SyncConnectOptions,
): C {
  const client = new Client(connectSync({ program, version }, to));
  own(client);
  return client;
}
