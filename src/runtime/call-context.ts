import type { X509Certificate } from "node:crypto";
import type { TransportName, RpcAddress } from "./address.ts";
import type { Caller } from "./auth/caller.ts";
import type { AuthsysParms } from "./gen/rpc_msg.ts";
import type { RpcConnection } from "./connection.ts";
import { type Rejection, type RpcContext, RpcRejection } from "./context.ts";
import type { IncomingCall } from "./incoming-call.ts";
import { MAX_TIMER_MS } from "./limits.ts";
import type { RpcProcedureId } from "./procedure.ts";
import type { PeerCredentials } from "./transport/native.ts";

/** The context of one call. */
export class CallContext implements RpcContext {
  readonly procedure: RpcProcedureId;
  readonly #call: IncomingCall;
  readonly #timer: NodeJS.Timeout | undefined;
  #caller: Caller | undefined;
  #rejected: RpcRejection | undefined;
  #controller: AbortController | undefined;
  #abortedBy: Error | undefined;
  #isOver = false;

  /** @param timeoutMs until the signal fires */
  constructor(call: IncomingCall, procedure: RpcProcedureId, timeoutMs: number) {
    this.procedure = procedure;
    this.#call = call;
    if (timeoutMs === Infinity) return;
    const expire = (): void => {
      this.abort(new Error(`the call has run for ${timeoutMs} ms`));
    };
    this.#timer = setTimeout(expire, Math.min(timeoutMs, MAX_TIMER_MS)).unref();
  }

  get xid(): number {
    return this.#call.xid;
  }

  get transport(): TransportName {
    return this.#call.transport;
  }

  get peer(): RpcAddress {
    return this.#call.peer;
  }

  get local(): RpcAddress {
    return this.#call.over.local;
  }

  get connection(): RpcConnection {
    return this.#call.served.connection;
  }

  get encrypted(): boolean {
    return this.#call.encrypted;
  }

  get caller(): Caller {
    return (this.#caller ??= new CallCaller(this.#call));
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortedBy !== undefined) this.#controller.abort(this.#abortedBy);
      else if (!this.#isOver) this.#call.served.keep(this);
    }
    return this.#controller.signal;
  }

  /** Fires the signal. */
  abort(reason: Error): void {
    if (this.#isOver) return;
    this.#abortedBy ??= reason;
    this.#controller?.abort(reason);
  }

  /** The handler has ended. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#controller !== undefined) this.#call.served.release(this);
  }

  reject(rejection: Rejection): never {
    this.#rejected = new RpcRejection(rejection);
    throw this.#rejected;
  }

  /** What `reject` was called with, where it threw this error. By identity: a nested call may throw another one's. */
  rejectionOf(error: unknown): Rejection | undefined {
    return this.#rejected === error ? this.#rejected?.rejection : undefined;
  }
}

class CallCaller implements Caller {
  readonly flavor: number;
  readonly claimed: AuthsysParms | undefined;
  readonly certificate: X509Certificate | undefined;
  readonly identity: unknown;
  readonly #call: IncomingCall;

  constructor(call: IncomingCall) {
    this.flavor = call.credential.flavor;
    this.claimed = call.accepted.claimed;
    this.certificate = call.certificate;
    this.identity = call.accepted.identity;
    this.#call = call;
  }

  // The kernel is asked only by who wants to know.
  get proven(): PeerCredentials | undefined {
    return this.#call.over.credentials();
  }
}
