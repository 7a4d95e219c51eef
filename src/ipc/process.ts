/**
 * Other processes: whether they live, and waiting for their end.
 * @module
 */
import { readFileSync } from "node:fs";
import { addon } from "./addon.ts";
import { DescriptorHandle, type NativeDescriptor } from "./handle.ts";
import { signalNumber, type SignalName } from "./signal-names.ts";
import { systemError, type SystemError } from "./system-error.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

interface ProcessFunctions {
  kill(pid: number, signal: number): void;
  pidfdOpen(pid: number): NativeDescriptor;
  pidfdSendSignal(descriptor: NativeDescriptor, signal: number): void;
  pollSync(descriptor: NativeDescriptor, events: number, timeoutMs: number | undefined): boolean;
}

const native = (): ProcessFunctions => addon() as ProcessFunctions;

const readable = 1;

/**
 * Whether there is a process of this number, also another user's, and one that has ended but that its parent has not
 * asked for yet. Numbers are given anew: {@link processStartTime} tells one from the next.
 * @param pid at least 1
 */
export function isAlive(pid: number): boolean {
  checkPid(pid);
  try {
    native().kill(pid, 0);
    return true;
  } catch (error) {
    const { code } = error as SystemError;
    if (code === "EPERM") return true;
    if (code === "ESRCH") return false;
    throw error;
  }
}

/**
 * When a process began, in the clock's ticks (1/100 s) since the system did (Linux; /proc/PID/stat). With the pid it names
 * one process, of all that this system has had.
 * @returns `undefined` where there is none, or /proc hides it
 */
export function processStartTime(pid: number): number | undefined {
  checkPid(pid);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, "latin1");
  } catch (error) {
    const { code } = error as SystemError;
    // ESRCH: it ended between open and read.
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES") return undefined;
    throw error;
  }
  // The name, in parentheses, may hold anything, parentheses too. The field is the 22nd, of which the name is the second.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[19]);
}

export interface ProcessOpenOptions {
  /** Of {@link processStartTime}: another process of the same number is not taken for this one, but is `ESRCH`. */
  startTime?: number | undefined;
}

/** A process, and no other that gets its number after it (pidfd_open(2), Linux). */
export class ProcessHandle extends DescriptorHandle {
  readonly pid: number;

  private constructor(descriptor: NativeDescriptor, pid: number) {
    super(descriptor);
    this.pid = pid;
  }

  /** @throws `ESRCH` (no such process), `EINVAL` (a thread's number; newer kernels: `ENOENT`), `ENOTSUP` (not Linux), `ENOSYS` (before Linux 5.3) */
  static open(pid: number, { startTime }: ProcessOpenOptions = {}): ProcessHandle {
    checkPid(pid);
    const handle = new ProcessHandle(native().pidfdOpen(pid), pid);
    // Asked after opening: while it is open, the number is nobody else's.
    if (startTime === undefined || processStartTime(pid) === startTime) return handle;
    handle.close();
    throw systemError("ESRCH", "pidfd_open");
  }

  /** Whether it has ended. */
  tryExited(): boolean {
    return native().pollSync(this.native, readable, 0);
  }

  /** Waits until it has ended. */
  async exited(options: WaitOptions = {}): Promise<void> {
    await this.readiness.wait("readable", "poll", options, () => this.tryExited() || undefined);
  }

  /** {@link exited}, with the thread waiting. */
  exitedSync({ timeoutMs }: SyncWaitOptions = {}): void {
    if (!native().pollSync(this.native, readable, timeoutMs)) throw systemError("ETIMEDOUT", "poll");
  }

  /**
   * @param signal 0 sends none, but tells whether it could be sent
   * @throws `ESRCH` (it has ended, and its parent knows), `EPERM`
   */
  sendSignal(signal: SignalName | 0): void {
    native().pidfdSendSignal(this.native, signal === 0 ? 0 : signalNumber(signal));
  }
}

/** To kill(2), 0 and below are groups. */
function checkPid(pid: number): void {
  if (Number.isInteger(pid) && pid >= 1 && pid <= 0x7fff_ffff) return;
  throw new RangeError(`pid must be an integer of at least 1, not ${String(pid)}`);
}
