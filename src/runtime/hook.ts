/**
 * Calls a function of the user's that is to return nothing. It may be async all the same: what it rejects with must not end the
 * process as an unhandled rejection.
 * @param failed told what it throws, or rejects with
 */
export function callHook<A extends unknown[]>(
  hook: (...args: A) => unknown,
  args: A,
  failed: (error: unknown) => void,
): void {
  try {
    const returned = hook(...args);
    if (typeof returned === "object" && returned !== null) Promise.resolve(returned).catch(failed);
  } catch (error) {
    failed(error);
  }
}
