/** Becomes another user, for good: what root is needed for is done. */
import { execFileSync } from "node:child_process";

/** A user of this system. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Milliseconds for the system's directory of users to answer. */
const LOOKUP_TIMEOUT_MS = 10_000;

/** A user by name, wherever the system keeps them (`id` asks as C does; Node itself can't). Throws an `Error` where there is none, or we are not root. */
export function systemUser(name: string): SystemUser {
  if (process.geteuid?.() !== 0) throw new Error(`only root can run it as the user ${name}`);
  const [uid, gid] = ["-u", "-g"].map((flag) => number(flag, name));
  if (uid === undefined || gid === undefined) throw new Error(`there is no user ${JSON.stringify(name)}`);
  if (uid === 0) throw new Error(`the user ${name} is root`);
  return { name, uid, gid };
}

/**
 * Gives up the groups of before, takes the user's group and its number, in this order: with the number goes the right to the others.
 * Throws where the system refuses, or a way back is left.
 */
export function becomeUser({ name, uid, gid }: SystemUser): void {
  const { setgroups, setgid, setuid, getuid, geteuid, getgid, getegid } = process;
  if (setgroups === undefined || setgid === undefined || setuid === undefined) throw new Error("no users here");
  // Those of root would else stay, and it needs none but its own.
  setgroups([gid]);
  setgid(gid);
  setuid(uid);
  const isUser = getuid?.() === uid && geteuid?.() === uid && getgid?.() === gid && getegid?.() === gid;
  if (!isUser || canBeRoot()) throw new Error(`it is root still, and not ${name}`);
}

function canBeRoot(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function number(flag: string, name: string): number | undefined {
  try {
    const text = execFileSync("id", [flag, "--", name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: LOOKUP_TIMEOUT_MS,
    });
    return /^\d+\s*$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}
