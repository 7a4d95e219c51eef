/**
 * The time that a call of several steps has left.
 * @param timeoutMs from now on; `undefined`: for ever
 * @returns milliseconds, 0 once it is up
 */
export function timeLeft(timeoutMs: number | undefined): () => number | undefined {
  if (timeoutMs === undefined) return () => undefined;
  const end = performance.now() + timeoutMs;
  return () => Math.max(0, end - performance.now());
}
