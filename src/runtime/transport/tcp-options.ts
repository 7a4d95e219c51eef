/** What the system is told of a tcp connection. */
import type { Socket } from "node:net";
import { MAX_TIMER_MS } from "../limits.ts";
import { setTcpUserTimeout } from "./native.ts";

export interface TcpOptions {
  /** Milliseconds until the system asks whether a silent peer is alive; `Infinity` never. */
  readonly keepAliveMs: number;
  /** Milliseconds that the peer's system may leave data unacknowledged; `Infinity`: as long as the system's own settings let it. */
  readonly unacknowledgedTimeoutMs: number;
}

/** Of a socket that is connected, over TLS or not. */
export function setTcpOptions(socket: Socket, { keepAliveMs, unacknowledgedTimeoutMs }: TcpOptions): void {
  socket.setNoDelay(true);
  if (keepAliveMs !== Infinity) socket.setKeepAlive(true, keepAliveMs);
  const fd = descriptorOf(socket);
  if (fd === undefined || unacknowledgedTimeoutMs === Infinity) return;
  // 0 would be the system's own time.
  setTcpUserTimeout(fd, Math.min(Math.max(1, Math.ceil(unacknowledgedTimeoutMs)), MAX_TIMER_MS));
}

/** Node's own business, but nothing else leads to the options of a socket. Undefined where it has ended. */
export function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as { _handle?: { fd?: number } | null })._handle?.fd;
  return fd === undefined || fd < 0 ? undefined : fd;
}
