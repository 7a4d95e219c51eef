/**
 * Blocking calls: the thread waits for the reply. For scripts, REPLs and worker threads. Needs the native addon, and is loaded by nobody
 * who does not import it.
 * @module
 */
export { RpcSyncClient, connectSyncClient, syncCallOptions } from "./client.ts";
export { connectSync } from "./connect.ts";
export { RpcSyncConnection } from "./connection.ts";
export type { SyncCallOptions, SyncConnectOptions, SyncConnectionOptions } from "./options.ts";
export type { SyncChannel } from "../transport/sync-channel.ts";
