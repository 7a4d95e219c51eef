import { MAX_TIMER_MS } from "./limits.ts";
import type { ServedConnection } from "./served-connection.ts";
import type { Transport } from "./transport/transport.ts";

/**
 * A client has ended its sending side (FIN), as `nc -N` does behind its requests, and as every client does that closes: which of the two it is,
 * nobody says. So what runs for it is answered before the connection closes, after `timeoutMs` at the latest. Resolves then; at once where the
 * connection has ended as a whole.
 */
export async function linger(served: ServedConnection, transport: Transport, timeoutMs: number): Promise<void> {
  const gone = transport.lingering;
  if (gone === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    if (timeoutMs !== Infinity) timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS)).unref();
  });
  await Promise.race([served.answered(), gone, late]);
  clearTimeout(timer);
  await transport.close();
}
