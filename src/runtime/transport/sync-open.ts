/** Opens blocking channels. */
import { encodeUnixAddress } from "../../ipc/unix-address.ts";
import { type RpcAddress, isInet } from "../address.ts";
import { RpcError, reason, systemCode } from "../error.ts";
import { MAX_TIMER_MS, SYNC_STEP_MS } from "../limits.ts";
import { withReservedPortSync } from "../reserved-port.ts";
import type { AskForShm, OpenOptions } from "./open.ts";
import { closeChannel } from "./shm/channel.ts";
import { askForShmSync } from "./shm/sync-ask.ts";
import { SyncShmChannel } from "./shm/sync-channel.ts";
import type { SyncChannel } from "./sync-channel.ts";
import { SyncDatagramChannel } from "./sync-datagram.ts";
import { type NativeSocket, type SyncNative, WRITABLE, syncNative } from "./sync-native.ts";
import { SyncStreamChannel } from "./sync-stream.ts";

/** The addon's number of streams. */
const UNIX_STREAM = 0;
/** The most seconds that Linux takes for keep-alive. */
const MAX_KEEP_IDLE_S = 32_767;

/** What they are opened with. */
export type SyncOpenOptions = Pick<
  OpenOptions,
  "timeoutMs" | "records" | "maxUdpBytes" | "keepAliveMs" | "unacknowledgedTimeoutMs" | "reservedPort" | "shm"
>;

/** Connects to an address. Throws `RPC_CANTCONNECT`, `RPC_UNKNOWNPROTO`, and an error with the code `TSRPC_NATIVE_MISSING`. */
export function openSyncChannel(to: RpcAddress, options: SyncOpenOptions): SyncChannel {
  const native = syncNative();
  try {
    if (options.reservedPort !== true || !isInet(to.netid)) return open(native, to, options, 0);
    return withReservedPortSync(to, (localPort) => open(native, to, options, localPort));
  } catch (cause) {
    if (cause instanceof RpcError) throw cause;
    throw new RpcError("RPC_CANTCONNECT", `can't connect: ${reason(cause)}`, { peer: to, cause });
  }
}

/** @param localPort 0: any */
function open(native: SyncNative, to: RpcAddress, options: SyncOpenOptions, localPort: number): SyncChannel {
  const { netid, host, port, path } = to;
  const { records, maxUdpBytes } = options;
  switch (netid) {
    case "local": {
      const { shm } = options;
      const socket = connectLocal(native, path, options.timeoutMs);
      const channel = new SyncStreamChannel(native, socket, netid, to, records);
      const better = shm === undefined ? "not asked for" : openShm(channel, socket.fd, options, shm);
      return typeof better === "string" ? channel : better;
    }
    case "shm": {
      const { shm } = options;
      if (shm === undefined) throw new Error("no program is named to ask");
      const socket = connectLocal(native, path, options.timeoutMs);
      const channel = new SyncStreamChannel(native, socket, "local", to, records);
      const better = openShm(channel, socket.fd, options, shm);
      if (typeof better !== "string") return better;
      channel.close();
      throw new Error(better);
    }
    case "tcp":
    case "tcp6": {
      const socket = native.tcpConnectStart(host, port, localPort);
      try {
        endTcpConnect(native, socket, options);
        return new SyncStreamChannel(native, socket, netid, to, records);
      } catch (error) {
        socket.close();
        throw error;
      }
    }
    case "udp":
    case "udp6":
      return new SyncDatagramChannel(native, native.udpConnect(host, port, localPort), netid, to, maxUdpBytes);
    default:
      throw new RpcError("RPC_UNKNOWNPROTO", `there is no blocking transport ${JSON.stringify(netid)}`, { peer: to });
  }
}

/** Shared memory, agreed on over a local channel, which ends then; or why there is none, and the channel is as it was. */
function openShm(
  over: SyncChannel,
  fd: number,
  { records, timeoutMs }: SyncOpenOptions,
  { service, busyPollUs }: AskForShm,
): SyncChannel | string {
  try {
    const met = askForShmSync(over, fd, service, timeoutMs);
    if (typeof met === "string") return met;
    over.close();
    try {
      return new SyncShmChannel(met, records, busyPollUs);
    } catch (error) {
      closeChannel(met);
      throw error;
    }
  } catch (error) {
    over.close();
    throw error;
  }
}

/** In steps, so that a worker that is being terminated need not wait for a server whose queue is full. */
function connectLocal(native: SyncNative, path: string, timeoutMs: number): NativeSocket {
  const address = encodeUnixAddress(path);
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const leftMs = Math.max(0, endMs - performance.now());
    try {
      return native.unixConnectSync(UNIX_STREAM, address, Math.min(leftMs, SYNC_STEP_MS));
    } catch (error) {
      if (systemCode(error) !== "ETIMEDOUT") throw error;
      if (leftMs <= SYNC_STEP_MS) throw notWithin(timeoutMs);
    }
  }
}

function endTcpConnect(native: SyncNative, socket: NativeSocket, options: SyncOpenOptions): void {
  const { timeoutMs, keepAliveMs, unacknowledgedTimeoutMs } = options;
  const endMs = performance.now() + timeoutMs;
  for (let leftMs = timeoutMs; ; leftMs = endMs - performance.now()) {
    if (native.pollSync(socket, WRITABLE, Math.max(0, Math.min(leftMs, SYNC_STEP_MS)))) break;
    if (leftMs <= SYNC_STEP_MS) throw notWithin(timeoutMs);
  }
  const seconds = keepAliveMs === Infinity ? 0 : Math.min(Math.max(1, Math.ceil(keepAliveMs / 1000)), MAX_KEEP_IDLE_S);
  native.tcpConnectEnd(socket, seconds);
  setUserTimeout(native, socket.fd, unacknowledgedTimeoutMs);
}

function notWithin(timeoutMs: number): Error {
  return new Error(`no connection within ${timeoutMs} ms`);
}

function setUserTimeout(native: SyncNative, fd: number, ms: number): void {
  if (ms === Infinity) return;
  try {
    native.setTcpUserTimeout(fd, Math.min(Math.max(1, Math.ceil(ms)), MAX_TIMER_MS));
  } catch {
    // Not every system has it.
  }
}
