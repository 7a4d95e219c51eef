/** How long calls take. */
import { RpcError } from "../../../runtime/index.ts";

/** Round trips of calls that were made one after the other. Times are in milliseconds. */
export interface RoundTrips {
  readonly calls: number;
  /** Calls without an answer. */
  readonly lost: number;
  /** Undefined, as the others, where none was answered. */
  readonly minMs: number | undefined;
  readonly medianMs: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Makes `calls` calls, each after the one before. A call that fails is one that is lost. */
export async function measure(calls: number, call: () => Promise<void>): Promise<RoundTrips> {
  const timesMs: number[] = [];
  for (let made = 0; made < calls; made++) {
    const start = performance.now();
    try {
      await call();
      timesMs.push(Math.round((performance.now() - start) * 1000) / 1000); // to the microsecond
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
  }
  timesMs.sort((a, b) => a - b);
  return {
    calls,
    lost: calls - timesMs.length,
    minMs: timesMs[0],
    medianMs: quantile(timesMs, 0.5),
    p99Ms: quantile(timesMs, 0.99),
  };
}

/** The smallest value that at least this share of all does not exceed (nearest rank). */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** A line for people. */
export function describeRoundTrips({ calls, lost, minMs, medianMs, p99Ms }: RoundTrips): string {
  const counts = `${calls} call${calls === 1 ? "" : "s"}, ${lost} lost`;
  if (minMs === undefined || medianMs === undefined || p99Ms === undefined) return counts;
  const [min, median, p99] = [minMs, medianMs, p99Ms].map((timeMs) => `${timeMs.toFixed(3)} ms`);
  return `${counts}, min ${min ?? ""}, median ${median ?? ""}, p99 ${p99 ?? ""}`;
}
