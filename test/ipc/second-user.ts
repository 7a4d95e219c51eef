/** Nobody's number on every system of ours. */
export const secondUser = 65_534;

/** Why a test can't act as another user, or undefined. */
export function whyNoSecondUser(): string | undefined {
  return process.getuid?.() === 0 ? undefined : "only root can become another user";
}

/** Calls with the rights of another user, who is in no group of ours. */
export function asSecondUser<T>(call: () => T): T {
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([]);
  process.setegid?.(secondUser);
  process.seteuid?.(secondUser);
  try {
    return call();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}
