/**
 * Signals with what they carry: who sent them, and a value.
 * @module
 */
import { addon } from "./addon.ts";
import { DescriptorHandle, type NativeDescriptor } from "./handle.ts";
import { signalNumber, type SignalName } from "./signal-names.ts";
import { systemError } from "./system-error.ts";
import type { SyncWaitOptions, WaitOptions } from "./wait-options.ts";

interface NativeRegistration {
  readonly lost: number;
  open(...numbers: number[]): NativeDescriptor;
  close(): void;
}

interface SignalFunctions {
  kill(pid: number, signal: number): void;
  sigqueue(pid: number, signal: number, value: number): void;
  SignalRegistration: new () => NativeRegistration;
  read(descriptor: NativeDescriptor, bytes: Uint8Array): number | undefined;
  readSync(descriptor: NativeDescriptor, bytes: Uint8Array, timeoutMs: number | undefined): number;
}

const native = (): SignalFunctions => addon() as SignalFunctions;

/** A record of the addon's: number, code, fields, pid, uid, value. No call leaves it in use. */
const record: Int32Array<ArrayBuffer> = new Int32Array(6);
const recordBytes: Uint8Array = new Uint8Array(record.buffer);
const fieldBits = { sender: 1, value: 2 } as const;

/** A signal that came. */
export interface ReceivedSignal {
  /** The name that it was asked for by. */
  signal: SignalName;
  number: number;
  /** Who sent it; `undefined` where no process did (the kernel, a timer). For SIGCHLD: the child. */
  pid: number | undefined;
  /** The sender's user. */
  uid: number | undefined;
  /** What `sigqueue`, a timer or a message queue's notification gave it. */
  value: number | undefined;
  /** Why it came: siginfo's `si_code`. 0: `kill`; -1: `sigqueue` (Linux). */
  code: number;
}

/**
 * Sends a signal (kill(2)).
 * @param pid a process; 0: each of our process group; below -1: each of group -pid; -1: each that we may send to
 * @param signal 0 sends none, but tells whether it could be sent
 * @throws `ESRCH` (no such process), `EPERM`; RangeError: no such signal
 */
export function kill(pid: number, signal: SignalName | 0): void {
  native().kill(pid, signal === 0 ? 0 : signalNumber(signal));
}

/**
 * Sends a signal with a value (sigqueue(3), Linux). Signals of real time are queued: as many come as were sent, in their
 * order. Of the others one comes, also where several were sent before it was received.
 * @param value a 32-bit integer
 * @throws `EAGAIN` (too many are queued: RLIMIT_SIGPENDING), `ESRCH`, `EPERM`, `ENOTSUP` (not Linux); RangeError: no such signal
 */
export function sigqueue(pid: number, signal: SignalName, value: number): void {
  native().sigqueue(pid, signalNumber(signal), value);
}

/**
 * Receives signals of this process: each receiver, in whatever thread, gets each. Their default action does not happen
 * while someone receives them, nor does Node's own for SIGUSR1 (the inspector); listeners of `process.on` are called
 * beside it. What was there before is there again once the last receiver is closed.
 */
export class SignalReceiver extends DescriptorHandle implements AsyncIterable<ReceivedSignal> {
  readonly #registration: NativeRegistration;
  readonly #names: ReadonlyMap<number, SignalName>;

  private constructor(
    descriptor: NativeDescriptor,
    registration: NativeRegistration,
    names: ReadonlyMap<number, SignalName>,
  ) {
    super(descriptor);
    this.#registration = registration;
    this.#names = names;
  }

  /**
   * @throws `EINVAL`: SIGKILL and SIGSTOP, which nobody receives; SIGSEGV, SIGBUS, SIGFPE and SIGILL, which our own faults
   *   raise; SIGRTMAX-3, which wakes the addon's threads. `EMFILE`: more than 256 receivers. RangeError: no such signal
   */
  static open(signals: readonly SignalName[]): SignalReceiver {
    const names = new Map(signals.map((name) => [signalNumber(name), name]));
    const registration = new (native().SignalRegistration)();
    return new SignalReceiver(registration.open(...names.keys()), registration, names);
  }

  /** Signals that did not come because 2700 or so waited to be received already. */
  get lost(): number {
    return this.#registration.lost;
  }

  /** A signal that has come, or `undefined`. */
  tryReceive(): ReceivedSignal | undefined {
    const size = native().read(this.native, recordBytes);
    return size === undefined ? undefined : this.#received(size);
  }

  /** A signal, as soon as one has come. */
  receive(options: WaitOptions = {}): Promise<ReceivedSignal> {
    return this.readiness.wait("readable", "read", options, () => this.tryReceive());
  }

  /** {@link receive}, with the thread waiting. */
  receiveSync({ timeoutMs }: SyncWaitOptions = {}): ReceivedSignal {
    return this.#received(native().readSync(this.native, recordBytes, timeoutMs));
  }

  /** The signals as they come, until the receiver is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedSignal, void, undefined> {
    for (;;) {
      const received = await this.receive().catch((error: unknown) => {
        if (this.closed) return undefined;
        throw error;
      });
      if (received === undefined) return;
      yield received;
    }
  }

  override close(): void {
    this.#registration.close();
    super.close();
  }

  /** Hands over the pipe with the signals that have come; no more come. Each is the six words of the addon's record. */
  override release(): number {
    this.#registration.close();
    return super.release();
  }

  #received(size: number): ReceivedSignal {
    // The pipe's other end is the registration's, closed with ours.
    if (size !== recordBytes.length) throw systemError("ECANCELED", "read");
    const [number = 0, code = 0, fields = 0, pid, uid = 0, value] = record;
    const sender = (fields & fieldBits.sender) !== 0;
    return {
      signal: this.#names.get(number) ?? "SIGRTMIN",
      number,
      pid: sender ? pid : undefined,
      uid: sender ? uid >>> 0 : undefined,
      value: (fields & fieldBits.value) !== 0 ? value : undefined,
      code,
    };
  }
}
