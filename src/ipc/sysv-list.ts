/**
 * The System V objects of the system, as `ipcs` lists them.
 * @module
 */
import { readFileSync } from "node:fs";
import { systemError } from "./system-error.ts";
import type { SysvMessageQueueStatus } from "./sysv-message-queue.ts";
import type { SysvSemaphoreSetStatus } from "./sysv-semaphore.ts";
import type { SysvSharedMemoryStatus } from "./sysv-shared-memory.ts";

/** What is known of an object whether it may be read or not. */
export interface SysvEntry {
  /** `IPC_PRIVATE` (0): it has none, or was removed while it was attached. */
  key: number;
  id: number;
}

export type SysvMessageQueueEntry = SysvEntry & Required<Omit<SysvMessageQueueStatus, "maxBytes">>;
export type SysvSemaphoreSetEntry = SysvEntry & SysvSemaphoreSetStatus;
export type SysvSharedMemoryEntry = SysvEntry &
  Required<SysvSharedMemoryStatus> & {
    /** Bytes of it that are in memory now. */
    residentBytes: number;
    /** Bytes of it that are swapped out now. */
    swappedBytes: number;
  };

export interface SysvList {
  messageQueues: SysvMessageQueueEntry[];
  semaphoreSets: SysvSemaphoreSetEntry[];
  sharedMemory: SysvSharedMemoryEntry[];
}

/** A line of the kernel's lists: the value of a column. */
type Row = (column: string) => number;

/**
 * All objects that there are, those of other users too: each kind at one moment (/proc/sysvipc, Linux; sysvipc(7)).
 * @throws `ENOTSUP` elsewhere
 */
export function listSysv(): SysvList {
  return {
    messageQueues: rows("msg").map((row) => ({
      ...common(row, "msqid"),
      messages: row("qnum"),
      bytes: row("cbytes"),
      lastSendPid: row("lspid"),
      lastReceivePid: row("lrpid"),
      lastSend: row("stime"),
      lastReceive: row("rtime"),
      lastChange: row("ctime"),
    })),
    semaphoreSets: rows("sem").map((row) => ({
      ...common(row, "semid"),
      count: row("nsems"),
      lastOperation: row("otime"),
      lastChange: row("ctime"),
    })),
    sharedMemory: rows("shm").map((row) => ({
      ...common(row, "shmid"),
      size: row("size"),
      attached: row("nattch"),
      creatorPid: row("cpid"),
      lastPid: row("lpid"),
      lastAttach: row("atime"),
      lastDetach: row("dtime"),
      lastChange: row("ctime"),
      removed: (mode(row) & SHM_DEST) !== 0,
      residentBytes: row("rss"),
      swappedBytes: row("swap"),
    })),
  };
}

const SHM_DEST = 0o1000;

function common(
  row: Row,
  id: string,
): SysvEntry & Record<"uid" | "gid" | "creatorUid" | "creatorGid" | "mode", number> {
  return {
    key: row("key"),
    id: row(id),
    uid: row("uid"),
    gid: row("gid"),
    creatorUid: row("cuid"),
    creatorGid: row("cgid"),
    mode: mode(row) & 0o777,
  };
}

/** The one column that is octal. */
function mode(row: Row): number {
  return Number.parseInt(String(row("perms")), 8);
}

function rows(kind: "msg" | "sem" | "shm"): Row[] {
  const [head = "", ...lines] = readList(kind).trimEnd().split("\n");
  const columns = words(head);
  return lines.map((line) => {
    const values = words(line);
    return (column) => Number(values[columns.indexOf(column)]);
  });
}

function readList(kind: string): string {
  if (process.platform !== "linux") throw systemError("ENOTSUP", "open");
  try {
    return readFileSync(`/proc/sysvipc/${kind}`, "latin1");
  } catch (error) {
    // A kernel without System V's IPC.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw systemError("ENOTSUP", "open");
    throw error;
  }
}

function words(line: string): string[] {
  return line.trim().split(/\s+/);
}
