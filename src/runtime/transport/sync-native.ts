/** The addon's functions for blocking channels. Without the addon there are none: Node itself can't block on a socket. */
import { findAddon } from "../../ipc/addon.ts";

/** The addon's owner of a descriptor: closed by `close`, or when it is garbage. */
export interface NativeSocket {
  readonly fd: number;
  close(): void;
}

/** Each throws a system error with `code`, `errno` and `syscall`. */
export interface SyncNative {
  /** Of a numeric address. It is writable when the attempt has ended. */
  tcpConnectStart(host: string, port: number, localPort: number): NativeSocket;
  /** @param keepAliveSeconds 0: never */
  tcpConnectEnd(socket: NativeSocket, keepAliveSeconds: number): void;
  udpConnect(host: string, port: number, localPort: number): NativeSocket;
  unixConnectSync(type: number, address: Uint8Array, timeoutMs: number | undefined): NativeSocket;
  /** How long `receiveBytes` waits without a time of its own. */
  setReceiveStep(socket: NativeSocket, ms: number): void;
  /** Undefined where nothing has come in time, or a signal's handler has run. */
  receiveBytes(socket: NativeSocket, space: Uint8Array, timeoutMs: number | undefined): number | undefined;
  /** Never waits: undefined where there is no room. */
  sendRecord(socket: NativeSocket, message: Uint8Array, from: number): number | undefined;
  /** Never waits: undefined where there is no room. */
  sendDatagram(socket: NativeSocket, message: Uint8Array): number | undefined;
  pollSync(socket: NativeSocket, events: number, timeoutMs: number | undefined): boolean;
  setTcpUserTimeout(fd: number, ms: number): true;
  resolveSync(name: string): { readonly address: string; readonly family: number }[];
}

/** What `pollSync` waits for. */
export const READABLE = 1;
export const WRITABLE = 2;

/** The addon. Throws an error with the code `TSRPC_NATIVE_MISSING` where there is none. */
export function syncNative(): SyncNative {
  const found = findAddon();
  if (typeof found !== "string") return found as SyncNative;
  const text = `blocking clients need the native addon of tsrpcgen, which is not available (${found}); the clients that return promises work without it`;
  throw Object.assign(new Error(text), { code: "TSRPC_NATIVE_MISSING" });
}
