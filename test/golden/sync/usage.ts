import { type RpcSyncConnection, type SyncConnectOptions, connectSync } from "tsrpcgen/runtime/sync";
import { STORE_PROG, STORE_V1, StoreProgV1 } from "./input.js";
import { STORE_PROG_V2SyncClient, StoreProgV1Client, StoreProgV1SyncClient } from "./input_clnt.js";

/** Results, not promises of them. */
export function open(name: string): Uint8Array {
  using client = StoreProgV1SyncClient.connect({ host: "localhost", transport: "udp", timeoutMs: 500 });
  client.nullproc();
  const { depth } = client.set(client.open(name), 1n, { depth: 3 }, { timeoutMs: 100, idempotent: true });
  return client.open(String(depth));
}

/** One connection for the clients of several versions, with defaults. */
export function shared(connection: RpcSyncConnection): boolean {
  const client = new STORE_PROG_V2SyncClient(connection, { tryTimeoutMs: 50 });
  connection.send(StoreProgV1.nullproc, undefined);
  return client.dispose(new Uint8Array(4));
}

export const options: SyncConnectOptions = { path: "/run/store.sock", reconnect: false };
export const byHand = (): RpcSyncConnection => connectSync({ program: STORE_PROG, version: STORE_V1 }, options);

// @ts-expect-error: a thread that waits hears no signal
export const aborted = (client: StoreProgV1SyncClient): void => client.nullproc({ signal: AbortSignal.timeout(1) });
// @ts-expect-error: there is no TLS
export const secure: SyncConnectOptions = { tls: "required" };
// @ts-expect-error: this one returns a promise
export const late = (client: StoreProgV1Client): Uint8Array => client.open("a");
