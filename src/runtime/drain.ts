import type { RpcConnection } from "./connection.ts";
import { MAX_TIMER_MS } from "./limits.ts";

/**
 * Resolves when the streams among the connections have been closed by their clients, after `timeoutMs` at the latest.
 * A udp socket has no end that a client could bring about.
 */
export async function drained(connections: Iterable<RpcConnection>, timeoutMs: number): Promise<void> {
  const streams = [...connections].filter(({ transport }) => transport !== "udp" && transport !== "udp6");
  if (streams.length === 0 || timeoutMs === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS));
  });
  await Promise.race([Promise.all(streams.map(({ closed }) => closed)), late]);
  clearTimeout(timer);
}
