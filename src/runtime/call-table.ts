/** The calls of a connection that wait for their replies, by xid. */
import { CallSlots } from "./call-slots.ts";
import { Deadlines } from "./deadlines.ts";
import type { ClientCallEvent } from "./diagnostics.ts";
import { clientCalls } from "./diagnostics.ts";
import type { RpcError } from "./error.ts";
import type { OutgoingCall } from "./outgoing-call.ts";

export class CallTable {
  readonly #calls = new CallSlots<OutgoingCall>();
  readonly #deadlines: Deadlines<OutgoingCall>;
  // Random, so that a restarted client's calls are not taken for repetitions of its last ones.
  #xid = Math.floor(Math.random() * 0x1_0000_0000);

  /** @param expire told of each call whose time is up, which is in the table still */
  constructor(expire: (call: OutgoingCall) => void) {
    this.#deadlines = new Deadlines(expire);
  }

  get size(): number {
    return this.#calls.size;
  }

  find(xid: number): OutgoingCall | undefined {
    return this.#calls.find(xid);
  }

  has(call: OutgoingCall): boolean {
    return this.#calls.find(call.xid) === call;
  }

  /** All of them, in the order in which they were made. They may go while they are looked at. */
  all(): OutgoingCall[] {
    const age = ({ xid }: OutgoingCall): number => (this.#xid - xid) >>> 0;
    return this.#calls.all().sort((a, b) => age(b) - age(a));
  }

  /** An xid that no call has. */
  nextXid(): number {
    do this.#xid = (this.#xid + 1) >>> 0;
    while (this.#calls.isTaken(this.#xid));
    return this.#xid;
  }

  /** Its clock starts. */
  add(call: OutgoingCall): void {
    this.#calls.add(call);
    this.#deadlines.add(call, call.settings.timeoutMs);
  }

  /** There will be no more calls. */
  stop(): void {
    this.#deadlines.stop();
  }

  /** The server has run nothing of it: it is another call from here on. */
  renumber(call: OutgoingCall): void {
    this.#calls.remove(call);
    call.xid = this.nextXid();
    this.#calls.add(call);
  }

  resolve(call: OutgoingCall, result: unknown): void {
    this.#take(call);
    call.outcome.resolve(result);
    ended(call.event);
  }

  /** Says nothing of a call that is over. */
  reject(call: OutgoingCall, error: RpcError): void {
    if (call.isSettled) return;
    this.#take(call);
    call.outcome.reject(error);
    ended(call.event, error);
  }

  /** A one-way call, which no reply ends: from here on its outcome is its sender's matter. */
  left(call: OutgoingCall): void {
    this.#take(call);
  }

  /** With its timers and its listener. */
  #take(call: OutgoingCall): void {
    this.#calls.remove(call);
    this.#deadlines.remove(call);
    call.release();
  }
}

/** Tells who listens that a call has ended. */
export function ended(event: ClientCallEvent | undefined, error?: RpcError): void {
  if (event === undefined) return;
  if (error !== undefined) event.error = error;
  clientCalls.end(event);
}
