/** Replies of a server: RFC 5531 section 9. */
import { encode } from "../xdr/index.ts";
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
  type RejectedReply,
  ReplyStat,
  RpcMsgCodec,
} from "./gen/rpc_msg.ts";
import type { Origin } from "./incoming-call.ts";
import type { RpcMethod } from "./procedure.ts";
import { wordAt } from "./word.ts";
import { WriterPool } from "./writer-pool.ts";

type AcceptError = "PROG_UNAVAIL" | "PROC_UNAVAIL" | "GARBAGE_ARGS" | "SYSTEM_ERR";

/**
 * Given what a reply says behind its verifier, accept_stat and the results, not wrapped: what is the same where it is
 * sent once more. The bytes are good until it returns.
 */
export type OutcomeListener = (outcome: Uint8Array) => void;

/** What writes a result. */
export type ResultEncoder = Pick<RpcMethod, "encode">;

const ACCEPTED: AuthAccepted = { kind: "accept" };
const NO_BYTES = new Uint8Array(0);

/** Of results that are encoded already. */
export const AS_IT_IS: ResultEncoder = {
  encode: (w, results) => {
    const bytes = results as Uint8Array;
    w.opaqueFixed(bytes, bytes.length);
  },
};

const VERSIONS: ResultEncoder = {
  encode: (w, range) => {
    const { low, high } = range as { low: number; high: number };
    w.uint32(low);
    w.uint32(high);
  },
};

export class Replies {
  /** By the largest message of the transports that they write for: a result that is too long ends in the writer. */
  readonly #writers = new Map<number, WriterPool>();

  /** Another version of RPC. */
  mismatch(to: Origin): void {
    const mismatchInfo = { low: RPC_MSG_VERSION, high: RPC_MSG_VERSION };
    this.#deny(to, { stat: RejectStat.RPC_MISMATCH, mismatchInfo });
  }

  /** Throws an `XdrError` for versions that are no numbers. `keep` is not called for what denies the call. */
  reject(to: Origin, rejection: Rejection, by: AuthAccepted = ACCEPTED, keep?: OutcomeListener): void {
    if (typeof rejection === "object") {
      const { low, high } = rejection;
      this.#accept(to, AcceptStat.PROG_MISMATCH, by, VERSIONS, { low, high }, keep);
    } else if (isAcceptError(rejection)) {
      this.#accept(to, AcceptStat[rejection], by, AS_IT_IS, NO_BYTES, keep);
    } else {
      const rreply = { stat: RejectStat.AUTH_ERROR, stat_: AuthStat[rejection] };
      this.#deny(to, rreply);
    }
  }

  /** Throws what encoding the result throws. */
  success(to: Origin, by: AuthAccepted, as: ResultEncoder, result: unknown, keep?: OutcomeListener): void {
    if (by.wrap === undefined) {
      this.#accept(to, AcceptStat.SUCCESS, by, as, result, keep);
      return;
    }
    const outcome = this.#outcome(to, as, result);
    this.again(to, by, outcome);
    keep?.(outcome);
  }

  /** Sends what was kept, to another transmission of the call: with the verifier and the wrapping that are its own. */
  again(to: Origin, by: AuthAccepted, outcome: Uint8Array): void {
    const results = outcome.subarray(4);
    const isSuccess = outcome[3] === AcceptStat.SUCCESS;
    // Results alone are wrapped.
    const body = by.wrap !== undefined && isSuccess ? by.wrap(results) : results;
    this.#accept(to, wordAt(outcome, 0), by, AS_IT_IS, body);
  }

  /** Behind the verifier, in bytes of its own. */
  #outcome(to: Origin, as: ResultEncoder, result: unknown): Uint8Array {
    const pool = this.#writersFor(to.over.maxMessageBytes);
    const w = pool.take();
    try {
      w.uint32(AcceptStat.SUCCESS);
      as.encode(w, result);
      return w.bytes().slice();
    } finally {
      pool.give(w);
    }
  }

  /** Written by hand: each reply but those that deny a call goes through here. */
  #accept(
    to: Origin,
    stat: number,
    { verifier = NO_AUTH }: AuthAccepted,
    as: ResultEncoder,
    result: unknown,
    keep?: OutcomeListener,
  ): void {
    if (wasInClear(to)) return;
    const pool = this.#writersFor(to.over.maxMessageBytes);
    const w = pool.take();
    try {
      const at = w.reserve(12);
      w.setUint32(at, to.xid);
      w.setUint32(at + 4, MsgType.REPLY);
      w.setUint32(at + 8, ReplyStat.MSG_ACCEPTED);
      OpaqueAuthCodec.encode(w, verifier);
      const outcomeAt = w.length;
      w.uint32(stat);
      as.encode(w, result);
      keep?.(w.bytes().subarray(outcomeAt));
    } catch (error) {
      pool.give(w);
      throw error;
    }
    pool.send(w, to.over, to.peer);
  }

  #deny(to: Origin, rreply: RejectedReply): void {
    if (wasInClear(to)) return;
    const rbody = { stat: ReplyStat.MSG_DENIED, rreply };
    to.over.send(encode(RpcMsgCodec, { xid: to.xid, body: { mtype: MsgType.REPLY, rbody } }), to.peer);
  }

  #writersFor(maxBytes: number): WriterPool {
    let pool = this.#writers.get(maxBytes);
    if (pool === undefined) this.#writers.set(maxBytes, (pool = new WriterPool({ maxBytes })));
    return pool;
  }
}

/** What was called in clear, by whomever, must not be answered as if the connection's TLS had proven it. */
function wasInClear({ over, encrypted }: Origin): boolean {
  return over.encrypted === true && !encrypted;
}

function isAcceptError(rejection: string): rejection is AcceptError {
  return Object.hasOwn(AcceptStat, rejection);
}
