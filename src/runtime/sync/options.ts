/** What blocking calls and connections can be told: what the others can, less what needs an event loop. */
import type { CallOptions, ConnectionOptions } from "../connection-options.ts";
import type { ConnectOptions } from "../connect.ts";

/** What one blocking call may set. What is left out is the client's default, then the connection's. */
export type SyncCallOptions = Omit<CallOptions, "signal">;

/** What a blocking connection can be told. */
export type SyncConnectionOptions = Omit<ConnectionOptions, "interceptors">;

/** Options of `connect` that a blocking connection has no means for. */
const ASYNC_OPTIONS = ["interceptors", "tls", "idleTimeoutMs", "stallTimeoutMs"] as const;

/**
 * Where to connect, and how. There is no TLS: that is a stream of Node's. A connection that was lost is made again at the next call; during one, only
 * where the call is `idempotent`.
 */
export type SyncConnectOptions = Omit<ConnectOptions, (typeof ASYNC_OPTIONS)[number]>;

/** Users of JavaScript may have written them. Throws a `TypeError`: who asks for TLS must not get a connection without it. */
export function refuseAsyncOptions(options: SyncConnectOptions): void {
  for (const name of ASYNC_OPTIONS) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined || (name === "tls" && value === "off")) continue;
    throw new TypeError(`${name}: a blocking connection has no such option; the clients that return promises do`);
  }
}
