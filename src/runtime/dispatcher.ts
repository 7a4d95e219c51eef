import { XdrReader, type XdrStrictness, type XdrWriter } from "../xdr/index.ts";
import type { RpcAddress } from "./address.ts";
import { REPLY_VERIFIER, authenticate } from "./auth.ts";
import type { RpcConnection } from "./connection.ts";
import { type Rejection, type RpcContext } from "./context.ts";
import { CallContext } from "./call-context.ts";
import { reason } from "./error.ts";
import {
  AcceptStat,
  AuthStat,
  type CallBody,
  MsgType,
  RPC_MSG_VERSION,
  RejectStat,
  ReplyStat,
  type ReplyBody,
  RpcMsgCodec,
} from "./gen/rpc_msg.ts";
import { NO_REPLY, type RpcMethod, type RpcService } from "./procedure.ts";
import type { Transport } from "./transport/transport.ts";
import { WriterPool } from "./writer-pool.ts";

/** Told of each handler that failed: its caller learns SYSTEM_ERR and nothing more. */
export type HandlerErrorListener = (error: unknown, ctx: RpcContext) => void;

interface Call {
  readonly xid: number;
  readonly from: RpcAddress;
  readonly transport: Transport;
}

/** Answers calls: from the header over program, version and procedure to the handler, and back. */
export class Dispatcher {
  readonly #programs = new Map<number, Map<number, RpcService>>();
  readonly #onError: HandlerErrorListener;
  readonly #strictness: XdrStrictness;
  /** By the largest message of the transports that they write for: a result that is too long ends in the writer. */
  readonly #writers = new Map<number, WriterPool>();
  readonly #idle = new Set<() => void>();
  #running = 0;
  #tolerated = 0;

  constructor(onError: HandlerErrorListener, strictness: XdrStrictness) {
    this.#onError = onError;
    this.#strictness = strictness;
  }

  /** The services, in no certain order. */
  get services(): RpcService[] {
    return [...this.#programs.values()].flatMap((versions) => [...versions.values()]);
  }

  /** How often arguments were accepted that strict decoding rejects. */
  get tolerated(): number {
    return this.#tolerated;
  }

  add(service: RpcService): void {
    const versions = this.#programs.get(service.program) ?? new Map<number, RpcService>();
    if (versions.has(service.version)) {
      throw new Error(`${service.programName} version ${service.version} has been added already`);
    }
    this.#programs.set(service.program, versions.set(service.version, service));
  }

  /** Calls whose handlers have not ended. */
  get running(): number {
    return this.#running;
  }

  /** Resolves when no handler runs any more. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.add(resolve));
  }

  /** Answers one message. A header that can't be read has no answer. */
  dispatch(bytes: Uint8Array, from: RpcAddress, transport: Transport, connection: RpcConnection): void {
    const r = new XdrReader(bytes, { strictness: this.#strictness });
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 12) return;
    const call: Call = { xid: view.getUint32(0), from, transport };
    // Another version of RPC may lay out the rest in its own way.
    if (view.getUint32(8) !== RPC_MSG_VERSION) {
      this.#deny(call, {
        stat: RejectStat.RPC_MISMATCH,
        mismatchInfo: { low: RPC_MSG_VERSION, high: RPC_MSG_VERSION },
      });
      return;
    }
    let header: CallBody;
    try {
      const { body } = RpcMsgCodec.decode(r);
      if (body.mtype !== MsgType.CALL) return;
      header = body.cbody;
    } catch {
      return;
    }
    this.#answer(call, header, r, connection);
  }

  #answer(call: Call, header: CallBody, r: XdrReader, connection: RpcConnection): void {
    const auth = authenticate(header.cred);
    if (!auth.ok) {
      this.#reject(call, auth.authStat);
      return;
    }
    const versions = this.#programs.get(header.prog);
    if (versions === undefined) {
      this.#reject(call, "PROG_UNAVAIL");
      return;
    }
    const service = versions.get(header.vers);
    if (service === undefined) {
      const numbers = [...versions.keys()];
      this.#reject(call, { code: "PROG_MISMATCH", low: Math.min(...numbers), high: Math.max(...numbers) });
      return;
    }
    const method = service.methods.get(header.proc);
    if (method === undefined) {
      if (header.proc === 0) this.#success(call);
      else this.#reject(call, "PROC_UNAVAIL");
      return;
    }
    let args: unknown;
    try {
      args = method.decode(r);
      r.end(method.procedure.name);
    } catch {
      this.#reject(call, "GARBAGE_ARGS");
      return;
    }
    this.#tolerated += r.tolerated;
    const caller = { flavor: header.cred.flavor, claimed: auth.claimed, transport: call.transport };
    this.#run(call, method, args, new CallContext(call.xid, method.procedure, call.from, connection, caller));
  }

  #run(call: Call, method: RpcMethod, args: unknown, ctx: CallContext): void {
    let result: unknown;
    try {
      result = method.invoke(args, ctx);
    } catch (error) {
      this.#failed(call, error, ctx);
      return;
    }
    if (!isPromiseLike(result)) {
      this.#finish(call, method, result, ctx);
      return;
    }
    this.#running++;
    void Promise.resolve(result)
      .then(
        (value) => {
          this.#finish(call, method, value, ctx);
        },
        (error: unknown) => {
          this.#failed(call, error, ctx);
        },
      )
      .finally(() => {
        if (--this.#running > 0) return;
        for (const resolve of this.#idle) resolve();
        this.#idle.clear();
      });
  }

  #finish(call: Call, method: RpcMethod, result: unknown, ctx: CallContext): void {
    if (result === NO_REPLY) return;
    try {
      this.#success(call, (w) => {
        method.encode(w, result);
      });
    } catch (error) {
      this.#failed(call, error, ctx);
    }
  }

  #failed(call: Call, error: unknown, ctx: CallContext): void {
    const rejection = ctx.rejectionOf(error);
    if (rejection !== undefined) {
      try {
        this.#reject(call, rejection);
      } catch (cause) {
        // A handler can reject with what is no answer: versions that are no numbers.
        this.#failed(call, cause, ctx);
      }
      return;
    }
    this.#reject(call, "SYSTEM_ERR");
    try {
      this.#onError(error, ctx);
    } catch (listenerError) {
      process.emitWarning(`onError itself failed: ${reason(listenerError)}`, { code: "TSRPC_HANDLER_FAILED" });
    }
  }

  #reject(call: Call, rejection: Rejection): void {
    if (typeof rejection === "object") {
      const { low, high } = rejection;
      this.#accept(call, { stat: AcceptStat.PROG_MISMATCH, mismatchInfo: { low, high } });
    } else if (isAcceptError(rejection)) this.#accept(call, { stat: AcceptStat[rejection] });
    else this.#deny(call, { stat: RejectStat.AUTH_ERROR, stat_: AuthStat[rejection] });
  }

  #success(call: Call, results?: (w: XdrWriter) => void): void {
    this.#accept(call, { stat: AcceptStat.SUCCESS, results: NO_BYTES }, results);
  }

  #accept(call: Call, replyData: AcceptedData, results?: (w: XdrWriter) => void): void {
    const areply = { verf: REPLY_VERIFIER, replyData };
    this.#reply(call, { stat: ReplyStat.MSG_ACCEPTED, areply }, results);
  }

  #deny(call: Call, rreply: Extract<ReplyBody, { rreply: unknown }>["rreply"]): void {
    this.#reply(call, { stat: ReplyStat.MSG_DENIED, rreply });
  }

  #reply(call: Call, rbody: ReplyBody, results?: (w: XdrWriter) => void): void {
    this.#writersFor(call.transport.maxMessageBytes).with((w) => {
      RpcMsgCodec.encode(w, { xid: call.xid, body: { mtype: MsgType.REPLY, rbody } });
      results?.(w);
      call.transport.send(w.bytes(), call.from);
    });
  }

  #writersFor(maxBytes: number): WriterPool {
    let pool = this.#writers.get(maxBytes);
    if (pool === undefined) this.#writers.set(maxBytes, (pool = new WriterPool({ maxBytes })));
    return pool;
  }
}

type AcceptedData = Extract<ReplyBody, { areply: unknown }>["areply"]["replyData"];
type AcceptError = "PROG_UNAVAIL" | "PROC_UNAVAIL" | "GARBAGE_ARGS" | "SYSTEM_ERR";

const NO_BYTES = new Uint8Array(0);

function isAcceptError(rejection: string): rejection is AcceptError {
  return Object.hasOwn(AcceptStat, rejection);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
