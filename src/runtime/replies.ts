/** Replies of a server: RFC 5531 section 9. */
import { type XdrCodec, type XdrWriter, encode } from "../xdr/index.ts";
import type { AuthAccepted } from "./auth/flavor.ts";
import { NO_AUTH } from "./auth/none.ts";
import type { Rejection } from "./context.ts";
import {
  AcceptStat,
  AuthStat,
  MsgType,
  OpaqueAuthCodec,
  RPC_MSG_VERSION,
  RejectStat,
  type ReplyBody,
  ReplyStat,
  RpcMsgCodec,
} from "./gen/rpc_msg.ts";
import type { Origin } from "./incoming-call.ts";
import { WriterPool } from "./writer-pool.ts";

type AcceptedData = Extract<ReplyBody, { areply: unknown }>["areply"]["replyData"];
type AcceptError = "PROG_UNAVAIL" | "PROC_UNAVAIL" | "GARBAGE_ARGS" | "SYSTEM_ERR";

/**
 * Given what a reply says behind its verifier, accept_stat and the results, not wrapped: what is the same where it is
 * sent once more. The bytes are good until it returns.
 */
export type OutcomeListener = (outcome: Uint8Array) => void;

/** Bytes of a reply's header in front of the verifier's body: xid, REPLY, MSG_ACCEPTED, flavor, length. */
const BEFORE_VERIFIER_BYTES = 20;

const ACCEPTED: AuthAccepted = { kind: "accept" };

export class Replies {
  /** By the largest message of the transports that they write for: a result that is too long ends in the writer. */
  readonly #writers = new Map<number, WriterPool>();

  /** Another version of RPC. */
  mismatch(to: Origin): void {
    const mismatchInfo = { low: RPC_MSG_VERSION, high: RPC_MSG_VERSION };
    this.#reply(to, { stat: ReplyStat.MSG_DENIED, rreply: { stat: RejectStat.RPC_MISMATCH, mismatchInfo } });
  }

  /** Throws an `XdrError` for versions that are no numbers. `keep` is not called for what denies the call. */
  reject(to: Origin, rejection: Rejection, by: AuthAccepted = ACCEPTED, keep?: OutcomeListener): void {
    if (typeof rejection === "object") {
      const { low, high } = rejection;
      this.#accept(to, { stat: AcceptStat.PROG_MISMATCH, mismatchInfo: { low, high } }, by, undefined, keep);
    } else if (isAcceptError(rejection)) {
      this.#accept(to, { stat: AcceptStat[rejection] }, by, undefined, keep);
    } else {
      const rreply = { stat: RejectStat.AUTH_ERROR, stat_: AuthStat[rejection] };
      this.#reply(to, { stat: ReplyStat.MSG_DENIED, rreply });
    }
  }

  /** Throws what `results` throws. */
  success(to: Origin, by: AuthAccepted, results?: (w: XdrWriter) => void, keep?: OutcomeListener): void {
    if (by.wrap === undefined) {
      this.#accept(to, SUCCESS, by, results, keep);
      return;
    }
    const outcome = encode(OUTCOME, results, { maxBytes: to.over.maxMessageBytes });
    this.again(to, by, outcome);
    keep?.(outcome);
  }

  /** Sends what was kept, to another transmission of the call: with the verifier and the wrapping that are its own. */
  again(to: Origin, by: AuthAccepted, outcome: Uint8Array): void {
    if (wasInClear(to)) return;
    const { verifier = NO_AUTH } = by;
    const results = outcome.subarray(4);
    // Results alone are wrapped: accept_stat SUCCESS is 0.
    const isSuccess = outcome[3] === AcceptStat.SUCCESS;
    const body = by.wrap !== undefined && isSuccess ? by.wrap(results) : results;
    this.#writersFor(to.over.maxMessageBytes).with((w) => {
      const at = w.reserve(12);
      w.setUint32(at, to.xid);
      w.setUint32(at + 4, MsgType.REPLY);
      w.setUint32(at + 8, ReplyStat.MSG_ACCEPTED);
      OpaqueAuthCodec.encode(w, verifier);
      w.opaqueFixed(outcome.subarray(0, 4), 4);
      w.opaqueFixed(body, body.length);
      to.over.send(w.bytes(), to.peer);
    });
  }

  #accept(
    to: Origin,
    replyData: AcceptedData,
    { verifier = NO_AUTH }: AuthAccepted,
    results?: (w: XdrWriter) => void,
    keep?: OutcomeListener,
  ): void {
    const rbody = { stat: ReplyStat.MSG_ACCEPTED, areply: { verf: verifier, replyData } } as const;
    const at = BEFORE_VERIFIER_BYTES + Math.ceil(verifier.body.length / 4) * 4;
    this.#reply(to, rbody, results, keep && ((bytes) => { keep(bytes.subarray(at)); })); // prettier-ignore
  }

  #reply(to: Origin, rbody: ReplyBody, results?: (w: XdrWriter) => void, sent?: (bytes: Uint8Array) => void): void {
    if (wasInClear(to)) return;
    this.#writersFor(to.over.maxMessageBytes).with((w) => {
      RpcMsgCodec.encode(w, { xid: to.xid, body: { mtype: MsgType.REPLY, rbody } });
      results?.(w);
      const bytes = w.bytes();
      sent?.(bytes);
      to.over.send(bytes, to.peer);
    });
  }

  #writersFor(maxBytes: number): WriterPool {
    let pool = this.#writers.get(maxBytes);
    if (pool === undefined) this.#writers.set(maxBytes, (pool = new WriterPool({ maxBytes })));
    return pool;
  }
}

const SUCCESS: AcceptedData = { stat: AcceptStat.SUCCESS, results: new Uint8Array(0) };

/** A result that is written by a function, behind accept_stat. */
const OUTCOME: XdrCodec<((w: XdrWriter) => void) | undefined> = {
  encode: (w, results) => {
    w.uint32(AcceptStat.SUCCESS);
    results?.(w);
  },
  decode: () => undefined,
};

/** What was called in clear, by whomever, must not be answered as if the connection's TLS had proven it. */
function wasInClear({ over, encrypted }: Origin): boolean {
  return over.encrypted === true && !encrypted;
}

function isAcceptError(rejection: string): rejection is AcceptError {
  return Object.hasOwn(AcceptStat, rejection);
}
