import type { XdrStrictness } from "../xdr/index.ts";
import type { RpcAddress } from "./address.ts";
import { type AnswerReason, Answers } from "./answers.ts";
import { Authenticator, flavorFailed } from "./auth/authenticator.ts";
import type { AuthDecision, ServerAuth } from "./auth/flavor.ts";
import { CallContext } from "./call-context.ts";
import { readCallHeader } from "./call-header.ts";
import type { CallQueue, QueuedCall } from "./call-queue.ts";
import type { Rejection, RpcContext } from "./context.ts";
import { type ServerCallEvent, serverCalls } from "./diagnostics.ts";
import { type DuplicateCache, type NewRequest, hasDuplicates } from "./duplicate-cache.ts";
import { reason } from "./error.ts";
import { type OpaqueAuth, RPC_MSG_VERSION } from "./gen/rpc_msg.ts";
import { callHook } from "./hook.ts";
import { IncomingCall, type Origin } from "./incoming-call.ts";
import { type ServerCall, type ServerInterceptor, intercept } from "./interceptor.ts";
import { MAX_HELD_CALLS } from "./limits.ts";
import { NO_REPLY, type RpcMethod, type RpcService } from "./procedure.ts";
import { ReaderPool } from "./reader-pool.ts";
import { AS_IT_IS, type OutcomeListener, Replies } from "./replies.ts";
import { type Route, Router } from "./router.ts";
import type { ServedConnection } from "./served-connection.ts";
import type { ServerShm } from "./server-shm.ts";
import type { ServerTls } from "./server-tls.ts";
import type { Transport } from "./transport/transport.ts";
import { wordAt } from "./word.ts";
import { Waiters } from "./waiters.ts";

/** Told of each handler that failed: its caller learns SYSTEM_ERR and nothing more. What it throws, or rejects with, becomes a process warning. */
export type HandlerErrorListener = (error: unknown, ctx: RpcContext) => void;

/** Looks at a call before its arguments are decoded; `ctx.reject` refuses it, with the AUTH_* reason that it says. */
export type Guard = (ctx: RpcContext) => void | Promise<void>;

export interface DispatcherOptions {
  readonly onError: HandlerErrorListener;
  readonly strictness: XdrStrictness;
  /** Flavors beside AUTH_NONE and AUTH_SYS, or in their place. */
  readonly auth: readonly ServerAuth[];
  readonly guard: Guard | undefined;
  readonly interceptors: readonly ServerInterceptor[];
  /** Undefined: what comes twice is run twice. */
  readonly duplicates: DuplicateCache | undefined;
  /** Undefined: as many run at a time as come. */
  readonly queue: CallQueue | undefined;
  /** Milliseconds until a call's signal fires. */
  readonly callTimeoutMs: number;
  readonly tls: ServerTls;
  readonly shm: ServerShm;
}

/** Bytes of a reply RPC_MISMATCH. */
const RPC_MISMATCH_BYTES = 24;

/** A call on its way through the server. */
interface Work {
  readonly call: IncomingCall;
  readonly route: Route;
  readonly ctx: CallContext;
  readonly event: ServerCallEvent | undefined;
  /** What remembers its outcome. */
  entry?: NewRequest;
  /** It has a place among those that run at a time. */
  hasPlace?: boolean;
}

/** Answers calls: from the header over credentials, program, version and procedure to the handler, and back. */
export class Dispatcher {
  readonly router: Router = new Router();
  readonly #options: DispatcherOptions;
  readonly #readers: ReaderPool;
  readonly #authenticator: Authenticator;
  readonly #replies = new Replies();
  readonly #answers = new Answers();
  readonly #interceptors: readonly ServerInterceptor[];
  readonly #idle = new Waiters();
  #running = 0;
  #tolerated = 0;
  #dropped = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#readers = new ReaderPool({ strictness: options.strictness });
    this.#authenticator = new Authenticator(options.auth);
    this.#interceptors = options.interceptors;
  }

  /** How often arguments were accepted that strict decoding rejects. */
  get tolerated(): number {
    return this.#tolerated;
  }

  /** Calls whose handlers have not ended. */
  get running(): number {
    return this.#running;
  }

  /** Calls that wait for their turn. */
  get queued(): number {
    return this.#options.queue?.waiting ?? 0;
  }

  /** What was answered without a handler, by reason. */
  get answered(): Answers["counts"] {
    return this.#answers.counts;
  }

  /** Datagrams for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The services, in no certain order. */
  get services(): RpcService[] {
    return this.router.services;
  }

  /** Resolves when no handler runs any more. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : this.#idle.wait();
  }

  /** Answers one message. A header that can't be read has no answer. */
  dispatch(bytes: Uint8Array, peer: RpcAddress, over: Transport, served: ServedConnection): void {
    if (bytes.length < 12) {
      this.#answers.count("MALFORMED");
      return;
    }
    const origin: Origin = { xid: wordAt(bytes, 0), peer, over, encrypted: over.encrypted === true };
    // Another version of RPC may lay out the rest in its own way.
    if (wordAt(bytes, 8) !== RPC_MSG_VERSION) {
      // No reply to a datagram is longer than its request, whose source anyone can forge.
      if (over.isReliable || bytes.length >= RPC_MISMATCH_BYTES) this.#replies.mismatch(origin);
      this.#answers.note("RPC_MISMATCH", origin);
      return;
    }
    let call: IncomingCall | undefined;
    try {
      const r = this.#readers.take(bytes, 0);
      try {
        const header = readCallHeader(r);
        this.#tolerated += r.tolerated;
        call = header && new IncomingCall(origin, header, bytes, r.position, served);
      } finally {
        this.#readers.give(r);
      }
    } catch {
      this.#answers.note("MALFORMED", origin);
      return;
    }
    if (call === undefined) return;
    const decision =
      this.#options.tls.decide(call) ?? this.#options.shm.decide(call) ?? this.#authenticator.authenticate(call);
    if (!(decision instanceof Promise)) this.#authenticated(call, decision);
    else this.#counted(served.deciding(decision.then((it) => { this.#authenticated(call, it); }))); // prettier-ignore
  }

  #authenticated(call: IncomingCall, decision: AuthDecision): void {
    switch (decision.kind) {
      case "accept":
        call.accepted = decision;
        this.#route(call);
        break;
      case "reject":
        this.#replies.reject(call, decision.authStat);
        this.#note(decision.authStat, call);
        break;
      case "answer": {
        const { results = NO_BYTES, verifier, sent } = decision;
        try {
          this.#replies.success(call, { kind: "accept", verifier }, AS_IT_IS, results);
          sent?.();
          this.#note("AUTH_ANSWERED", call);
        } catch (error) {
          const { authStat } = flavorFailed(error); // results that do not fit a message
          this.#replies.reject(call, authStat);
          this.#note(authStat, call);
        }
        break;
      }
      case "drop":
        this.#note("DROPPED", call);
        break;
    }
  }

  #route(call: IncomingCall): void {
    const route = this.router.find(call.program, call.version, call.procedure);
    if (typeof route === "string" || "code" in route) {
      this.#replies.reject(call, route, call.accepted);
      this.#note(typeof route === "string" ? route : route.code, call);
      return;
    }
    const ctx = new CallContext(call, route.method.procedure, this.#options.callTimeoutMs);
    const event = serverCalls.isWatched ? serverCalls.start({ ctx }) : undefined;
    call.served.begin();
    const work: Work = { call, route, ctx, event };
    const { guard } = this.#options;
    if (guard === undefined) this.#admit(work);
    else this.#guarded(work, guard);
  }

  #note(reason: AnswerReason, call: IncomingCall): void {
    this.#answers.note(reason, call, () => this.router.describe(call.program, call.version, call.procedure));
  }

  /** A procedure 0 without a handler. It waits for no turn: who asks whether the server lives is told so while it is busy. */
  #answerNull(work: Work): void {
    const { call } = work;
    try {
      // A call without arguments may have a body all the same, which is the flavor's.
      call.accepted.unwrap?.(call.body);
    } catch {
      this.#reject(work, "GARBAGE_ARGS");
      return;
    }
    try {
      this.#replies.success(call, call.accepted, AS_IT_IS, NO_BYTES);
    } catch (error) {
      flavorFailed(error); // there is no handler whose failure it would be
      this.#reject(work, "SYSTEM_ERR");
      return;
    }
    this.#answers.count("NULL");
    this.#end(work, "SUCCESS");
  }

  /** There is no handler whose failure it would be. */
  #cantWrap(call: IncomingCall, error: unknown): void {
    flavorFailed(error);
    this.#replies.reject(call, "SYSTEM_ERR", call.accepted);
  }

  #guarded(work: Work, guard: Guard): void {
    let guarding: void | Promise<void>;
    try {
      guarding = guard(work.ctx);
    } catch (error) {
      this.#failed(work, error);
      return;
    }
    if (!isPromiseLike(guarding)) {
      this.#admit(work);
      return;
    }
    this.#counted(
      Promise.resolve(guarding).then(
        () => {
          this.#admit(work);
        },
        (error: unknown) => {
          this.#failed(work, error);
        },
      ),
    );
  }

  /** A call that has been run, or runs, is not run once more. */
  #admit(work: Work): void {
    const { call, route } = work;
    if (route.isBuiltIn) {
      this.#answerNull(work);
      return;
    }
    const { duplicates } = this.#options;
    if (duplicates === undefined || route.isIdempotent || !hasDuplicates(call.transport)) {
      this.#queueUp(work);
      return;
    }
    let args: Uint8Array;
    try {
      args = call.args;
    } catch {
      this.#reject(work, "GARBAGE_ARGS");
      return;
    }
    const request = duplicates.begin(call, args, identityOf(call));
    if (request.kind === "new") {
      work.entry = request;
      this.#queueUp(work);
      return;
    }
    const again = (outcome: Uint8Array | undefined): void => {
      try {
        if (outcome !== undefined) this.#replies.again(call, call.accepted, outcome);
      } catch (error) {
        this.#cantWrap(call, error); // its context may have ended since the call was answered
      }
    };
    if (request.kind === "done") again(request.reply);
    // Over udp the client asks once more; over another connection it does not.
    else if (call.over.isReliable) request.alsoAnswer(again);
    this.#end(work, "DUPLICATE");
  }

  /** Runs the call when it is its turn. */
  #queueUp(work: Work): void {
    const { queue } = this.#options;
    if (queue === undefined) {
      this.#decode(work);
      return;
    }
    const { served, over } = work.call;
    const start = (): void => {
      work.hasPlace = true;
      this.#decode(work);
    };
    const drop = (): void => {
      this.#end(work, "DROPPED");
    };
    if (!over.isReliable) {
      this.#queueDatagram(work, queue, { start, drop });
      return;
    }
    const gate = served.gate(queue, over);
    if (gate.held >= MAX_HELD_CALLS) this.#reject(work, "SYSTEM_ERR");
    else if (gate.admit({ start, drop })) start();
  }

  /** A datagram that finds no room is as good as lost: its client asks again. */
  #queueDatagram(work: Work, queue: CallQueue, call: QueuedCall): void {
    const admission = queue.admit(work.call.peer.host, call);
    if (admission === "run") call.start();
    if (admission !== "full") return;
    this.#dropped++;
    call.drop();
  }

  #decode(work: Work): void {
    const { call, route: { method } } = work; // prettier-ignore
    let args: unknown;
    try {
      const r = call.reader(this.#readers);
      try {
        args = method.decode(r);
        r.end(method.procedure.name);
        this.#tolerated += r.tolerated;
      } finally {
        this.#readers.give(r);
      }
    } catch {
      this.#reject(work, "GARBAGE_ARGS");
      return;
    }
    this.#run(work, args);
  }

  #run(work: Work, args: unknown): void {
    const { ctx, route } = work;
    let result: unknown;
    route.counters.calls++;
    try {
      result = this.#invoke(route.method, args, ctx);
    } catch (error) {
      this.#failed(work, error);
      return;
    }
    if (!isPromiseLike(result)) {
      this.#finish(work, result);
      return;
    }
    this.#counted(
      Promise.resolve(result).then(
        (value) => {
          this.#finish(work, value);
        },
        (error: unknown) => {
          this.#failed(work, error);
        },
      ),
    );
  }

  #invoke(method: RpcMethod, args: unknown, ctx: CallContext): unknown {
    if (this.#interceptors.length === 0) return method.invoke(args, ctx);
    return intercept(this.#interceptors, (last: ServerCall) => method.invoke(last.args, last.ctx))({ args, ctx });
  }

  /** The server is not idle until it has ended. */
  #counted(work: Promise<void>): void {
    this.#running++;
    void work.finally(() => {
      if (--this.#running === 0) this.#idle.resolve();
    });
  }

  #finish(work: Work, result: unknown): void {
    const { call, route } = work;
    if (result === NO_REPLY) {
      work.entry?.finish(undefined);
      this.#end(work, "NO_REPLY");
      return;
    }
    try {
      this.#replies.success(call, call.accepted, route.method, result, keeper(work));
    } catch (error) {
      this.#failed(work, error);
      return;
    }
    this.#end(work, "SUCCESS");
  }

  #failed(work: Work, error: unknown): void {
    const { ctx, route } = work;
    const rejection = ctx.rejectionOf(error);
    if (rejection !== undefined) {
      try {
        this.#reject(work, rejection);
      } catch (cause) {
        // A handler can reject with what is no answer: versions that are no numbers.
        this.#failed(work, cause);
      }
      return;
    }
    route.counters.failures++;
    if (work.event !== undefined) work.event.error = error;
    this.#reject(work, "SYSTEM_ERR");
    callHook(this.#options.onError, [error, ctx], (listenerError) => {
      process.emitWarning(`onError itself failed: ${reason(listenerError)}`, { code: "TSRPC_HANDLER_FAILED" });
    });
  }

  #reject(work: Work, rejection: Rejection): void {
    const { call, route } = work;
    this.#replies.reject(call, rejection, call.accepted, keeper(work));
    route.counters.rejected++;
    const outcome = typeof rejection === "string" ? rejection : rejection.code;
    if (route.isBuiltIn) this.#answers.count(outcome); // it is in no list of procedures
    this.#end(work, outcome);
  }

  #end(work: Work, outcome: string): void {
    const { call, ctx, event, entry } = work;
    entry?.forget(); // which says nothing to one that has finished: what denied the call is judged anew
    ctx.end();
    call.served.end();
    if (event !== undefined) {
      event.outcome = outcome;
      serverCalls.end(event);
    }
    if (work.hasPlace === true) this.#options.queue?.end();
  }
}

const NO_BYTES = new Uint8Array(0);

/** By what a caller is known who connects again. What was answered to a TLS client must reach no other. */
function identityOf({ accepted, credential, over, encrypted }: IncomingCall): OpaqueAuth {
  const caller = accepted.caller ?? credential;
  if (!encrypted) return caller;
  const certificate = over.certificate?.();
  return {
    flavor: caller.flavor,
    body: Buffer.concat([caller.body, Buffer.from(`tls ${certificate?.fingerprint256 ?? ""}`)]),
  };
}

/** Tells the cache how the call has ended. */
function keeper({ entry }: Work): OutcomeListener | undefined {
  return entry && ((outcome) => { entry.finish(outcome); }); // prettier-ignore
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
