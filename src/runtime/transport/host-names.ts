/** Names in the file system that belong to servers: made whole or not at all, and taken back from servers that have died. */
import { type BigIntStats, linkSync, lstatSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RpcError, reason, systemCode } from "../error.ts";
import type { RpcAddress } from "../address.ts";

/** How a dead server's name is told from a live one's, and what goes with it. */
export interface NameKind {
  /** Whether a file is of this kind. */
  isOfKind(stat: BigIntStats): boolean;
  /** Whether nobody serves it any more. */
  isStale(path: string): boolean;
  /** Removes what belongs to a name that is stale, but not the name. */
  reclaim(path: string): void;
}

/** What a server makes before its name is there, and what it takes out of the way. The number is that of its process. */
const PASSING = /\.(\d+)\.(new|old)$/;

/**
 * Gives a server its name. What dead servers have left there is removed. Throws `RPC_CANTLISTEN` where a live one has it.
 * @param make makes the file at another path, with all that belongs to it
 */
export function takeName(at: RpcAddress, kind: NameKind, make: (path: string) => void): void {
  const { path } = at;
  for (const left of passingNames(path)) {
    if (!isAlive(left.pid)) remove(left.path, kind);
  }
  const taken = (): RpcError => new RpcError("RPC_CANTLISTEN", "a server listens there already", { peer: at });
  if (!freeName(at, kind)) throw taken();
  const own = `${path}.${process.pid}.new`;
  try {
    make(own);
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") throw taken(); // another listener of this process makes it just now
    throw new RpcError("RPC_CANTLISTEN", `can't listen: ${reason(cause)}`, { peer: at, cause });
  }
  try {
    linkSync(own, path);
  } catch (cause) {
    remove(own, kind);
    if (systemCode(cause) === "EEXIST") throw taken();
    throw new RpcError("RPC_CANTLISTEN", `can't listen: ${reason(cause)}`, { peer: at, cause });
  }
  unlinkSync(own);
}

/** False where a live server has it; throws where there is something else. */
function freeName(at: RpcAddress, kind: NameKind): boolean {
  const { path } = at;
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  if (found === undefined) return true;
  if (!kind.isOfKind(found)) {
    throw new RpcError("RPC_CANTLISTEN", `there is something that is no ${at.netid} server's`, { peer: at });
  }
  if (!kind.isStale(path)) return false;
  // Another process may have found the same, and have made its own since: that one is put back.
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return true;
    throw new RpcError("RPC_CANTLISTEN", `what a dead server has left can't be removed: ${reason(error)}`, { peer: at, cause: error }); // prettier-ignore
  }
  const moved = lstatSync(aside, { bigint: true });
  const isOurs = moved.ino === found.ino && moved.birthtimeNs === found.birthtimeNs;
  if (isOurs) remove(aside, kind);
  else {
    linkSync(aside, path);
    unlinkSync(aside);
  }
  return isOurs;
}

/** What belongs to it goes first: where that is broken off, the name is there still, and leads to it. */
function remove(path: string, kind: NameKind): void {
  const stat = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  if (stat === undefined || !kind.isOfKind(stat)) return;
  kind.reclaim(path);
  rmSync(path, { force: true });
}

function passingNames(path: string): { readonly path: string; readonly pid: number }[] {
  const folder = dirname(path);
  const name = basename(path);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // what is made there fails, and says why
  }
  return names.flatMap((each) => {
    const passing = each.startsWith(`${name}.`) ? PASSING.exec(each.slice(name.length)) : null;
    return passing?.index === 0 ? [{ path: join(folder, each), pid: Number(passing[1]) }] : [];
  });
}

/** Whether there is such a process: of this user's or another's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
