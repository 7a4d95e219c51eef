/** The one-way calls of a connection: when each leaves, and whether what has left is lost. */
import type { AuthSetUps } from "./auth/set-ups.ts";
import { type CallTable, ended } from "./call-table.ts";
import { type RpcError, type RpcErrorCode, type RpcErrorDetails, reason } from "./error.ts";
import type { Link } from "./link.ts";
import type { OutgoingCall } from "./outgoing-call.ts";
import type { RpcProcedureId } from "./procedure.ts";
import type { Transport } from "./transport/transport.ts";

/** What they need of their connection. */
export interface OneWayBase {
  readonly table: CallTable;
  readonly setUps: AuthSetUps;
  readonly link: () => Link;
  /** Its event begins. */
  readonly begin: (call: OutgoingCall) => void;
  /** The call waits from here on: it has an end by its time, and by the connection's. */
  readonly register: (call: OutgoingCall) => void;
  readonly encodeArgs: (call: OutgoingCall, args: unknown) => Uint8Array;
  /** Hands its message to the transport; throws an `RpcError` where it can't be encoded. `failed` is told what it can't send. */
  readonly write: (call: OutgoingCall, over: Transport, args: unknown, failed: (error: unknown) => void) => void;
  readonly error: (code: RpcErrorCode, message: string, details?: RpcErrorDetails) => RpcError;
  readonly setUpError: (procedure: RpcProcedureId, cause: unknown) => RpcError;
}

export class OneWayCalls {
  readonly #base: OneWayBase;
  /** What they went over since they were flushed last. */
  #over: Transport | undefined;
  /** Those that could not leave at once. None of these rejects. */
  readonly #late = new Set<Promise<void>>();

  constructor(base: OneWayBase) {
    this.#base = base;
  }

  /** Sends it, once there is a connection, and its flavor is ready. False: not at once. Throws what can't be encoded. */
  send(call: OutgoingCall, args: unknown): boolean {
    const { begin, register, encodeArgs, setUps, link } = this.#base;
    const { auth } = call.settings;
    const { transport } = link();
    const isNow = transport !== undefined && setUps.isReady(auth);
    if (!isNow || auth.wrap !== undefined) call.body = encodeArgs(call, args);
    begin(call);
    if (isNow) {
      this.#write(call, transport, args);
      return true;
    }
    register(call);
    this.sendWhenReady(call);
    return false;
  }

  /** `flush` is to wait for it. */
  follow(sent: Promise<void>): void {
    const settled = (): void => {
      this.#late.delete(following);
    };
    const following = sent.then(settled, settled);
    this.#late.add(following);
  }

  /** For a call that is registered. */
  sendWhenReady(call: OutgoingCall): void {
    const { link, setUps, table, setUpError } = this.#base;
    const { auth } = call.settings;
    const { transport } = link();
    if (transport === undefined) {
      link().wake(); // its `up` comes back to it
    } else if (setUps.isReady(auth)) {
      this.#write(call, transport);
    } else {
      // As calls with a reply wait, so that they leave in the order in which they were made.
      setUps.make(auth, call).then(
        () => {
          const now = link().transport;
          if (!call.isSettled && now !== undefined) this.#write(call, now);
        },
        (cause: unknown) => {
          table.reject(call, setUpError(call.procedure, cause));
        },
      );
    }
  }

  #write(call: OutgoingCall, over: Transport, args?: unknown): void {
    const { table, write } = this.#base;
    let failure: unknown;
    try {
      write(call, over, args, (error) => (failure = error));
    } catch (error) {
      table.reject(call, error as RpcError);
      return;
    }
    table.left(call);
    this.#over ??= over;
    if (failure !== undefined) this.#failed(call, failure);
    else if (over.hasRoom) succeeded(call);
    else {
      over.flush().then(
        () => {
          succeeded(call);
        },
        (cause: unknown) => {
          this.#failed(call, cause);
        },
      );
    }
  }

  #failed(call: OutgoingCall, cause: unknown): void {
    const { procedure } = call;
    const error = this.#base.error("RPC_CANTSEND", `the call can't be sent: ${reason(cause)}`, { procedure, cause });
    call.outcome.reject(error);
    ended(call.event, error);
  }

  /** All that was sent over a transport has left, and nothing more will go over it. */
  rested(over: Transport): void {
    if (this.#over === over) this.#over = undefined;
  }

  /** Resolves when the system has taken all that was sent. Rejects with `RPC_CANTSEND`. */
  async flush(): Promise<void> {
    if (this.#late.size > 0) await Promise.all(this.#late);
    const { transport } = this.#base.link();
    const over = this.#over ?? transport;
    this.#over = undefined;
    try {
      if (over !== transport) throw new Error("the connection has ended since");
      await over?.flush();
    } catch (cause) {
      throw this.#base.error("RPC_CANTSEND", `what was sent is lost: ${reason(cause)}`, { cause });
    }
  }
}

function succeeded(call: OutgoingCall): void {
  call.outcome.resolve(undefined);
  ended(call.event);
}
