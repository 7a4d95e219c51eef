/** Which process registered a service: by its number and the time of its start, since numbers are given again. */
import { readFileSync } from "node:fs";
import { systemCode } from "../runtime/error.ts";

export interface OwnerProcess {
  readonly pid: number;
  /** Clock ticks from the system's start to the process's (field 22 of `/proc/PID/stat`); undefined where the system does not tell. */
  readonly startTicks: number | undefined;
}

/** What is known of a process that lives; undefined where it is gone already. */
export function ownerProcess(pid: number): OwnerProcess | undefined {
  return isThere(pid) ? { pid, startTicks: startTicksOf(pid) } : undefined;
}

/** Whether a process has ended: its number is free, or another's. */
export function isGone({ pid, startTicks }: OwnerProcess): boolean {
  if (!isThere(pid)) return true;
  const now = startTicksOf(pid);
  return startTicks !== undefined && now !== undefined && now !== startTicks;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

function startTicksOf(pid: number): number | undefined {
  try {
    // The name, in parentheses, may hold anything; what follows the last one are fields 3 and on.
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const ticks = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19]);
    return Number.isSafeInteger(ticks) ? ticks : undefined;
  } catch {
    return undefined;
  }
}
