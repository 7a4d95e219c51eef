/** Who is at the other end of what has no connection of its own: a process, by its number and the time of its start. */
import { ProcessHandle, processStartTime } from "../../../ipc/process.ts";

/** A process, and no other that gets its number after it. */
export interface PeerProcess {
  readonly pid: number;
  /** Undefined where /proc hides it. */
  readonly startTime: number | undefined;
}

export function ownProcess(): PeerProcess {
  return { pid: process.pid, startTime: processStartTime(process.pid) };
}

/** As text, of ASCII. */
export function writeProcess({ pid, startTime }: PeerProcess): string {
  return startTime === undefined ? String(pid) : `${pid} ${startTime}`;
}

/** Undefined where it is none. */
export function parseProcess(text: string): PeerProcess | undefined {
  const [, pid, startTime] = /^(\d{1,10})(?: (\d{1,15}))?$/.exec(text) ?? [];
  const number = Number(pid);
  if (pid === undefined || number < 1 || number > 0x7fff_ffff) return undefined;
  return { pid: number, startTime: startTime === undefined ? undefined : Number(startTime) };
}

/** Whether a process has ended, as far as this one can know. */
export function hasEnded({ pid, startTime }: PeerProcess): boolean {
  try {
    using handle = ProcessHandle.open(pid, { startTime });
    return handle.tryExited();
  } catch (error) {
    return (error as { code?: unknown }).code === "ESRCH";
  }
}

/** Tells of a process's end. */
export class ProcessWatch {
  readonly #handle: ProcessHandle;

  /**
   * @param ended is called once, in a later turn, unless it is closed before
   * @throws `ESRCH` where it has ended long ago; `ENOTSUP` and `ENOSYS` where the system can't tell
   */
  constructor({ pid, startTime }: PeerProcess, ended: () => void) {
    this.#handle = ProcessHandle.open(pid, { startTime });
    this.#handle.exited().then(ended, () => undefined); // it was closed
  }

  /** It no longer keeps this process alive. */
  unref(): void {
    this.#handle.unref();
  }

  close(): void {
    this.#handle.close();
  }
}
