/** Replies of a server: RFC 5531 section 9. */
import { type XdrWriter, encode } from "../xdr/index.ts";
import type { AuthAccepted } from "./auth/flavor.ts";
import { NO_AUTH } from "./auth/none.ts";
import type { Rejection } from "./context.ts";
import {
  AcceptStat,
  AuthStat,
  MsgType,
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

/** Given each reply's bytes, which are good until it returns. */
export type ReplyListener = (bytes: Uint8Array) => void;

const ACCEPTED: AuthAccepted = { kind: "accept" };

export class Replies {
  /** By the largest message of the transports that they write for: a result that is too long ends in the writer. */
  readonly #writers = new Map<number, WriterPool>();

  /** Another version of RPC. */
  mismatch(to: Origin): void {
    const mismatchInfo = { low: RPC_MSG_VERSION, high: RPC_MSG_VERSION };
    this.#reply(to, { stat: ReplyStat.MSG_DENIED, rreply: { stat: RejectStat.RPC_MISMATCH, mismatchInfo } });
  }

  /** Throws an `XdrError` for versions that are no numbers. */
  reject(to: Origin, rejection: Rejection, by: AuthAccepted = ACCEPTED, sent?: ReplyListener): void {
    if (typeof rejection === "object") {
      const { low, high } = rejection;
      this.#accept(to, { stat: AcceptStat.PROG_MISMATCH, mismatchInfo: { low, high } }, by, undefined, sent);
    } else if (isAcceptError(rejection)) {
      this.#accept(to, { stat: AcceptStat[rejection] }, by, undefined, sent);
    } else {
      const rreply = { stat: RejectStat.AUTH_ERROR, stat_: AuthStat[rejection] };
      this.#reply(to, { stat: ReplyStat.MSG_DENIED, rreply }, undefined, sent);
    }
  }

  /** Throws what `results` throws. */
  success(to: Origin, by: AuthAccepted, results?: (w: XdrWriter) => void, sent?: ReplyListener): void {
    let write = results;
    if (by.wrap !== undefined) {
      const body = by.wrap(
        encode({ encode: (w) => results?.(w), decode: () => undefined }, undefined, {
          maxBytes: to.over.maxMessageBytes,
        }),
      );
      write = (w) => {
        w.opaqueFixed(body, body.length);
      };
    }
    this.#accept(to, { stat: AcceptStat.SUCCESS, results: NO_BYTES }, by, write, sent);
  }

  #accept(
    to: Origin,
    replyData: AcceptedData,
    by: AuthAccepted,
    results?: (w: XdrWriter) => void,
    sent?: ReplyListener,
  ): void {
    const areply = { verf: by.verifier ?? NO_AUTH, replyData };
    this.#reply(to, { stat: ReplyStat.MSG_ACCEPTED, areply }, results, sent);
  }

  #reply(to: Origin, rbody: ReplyBody, results?: (w: XdrWriter) => void, sent?: ReplyListener): void {
    // What was called in clear, by whomever, must not be answered as if the connection's TLS had proven it.
    if (to.over.encrypted === true && !to.encrypted) return;
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

const NO_BYTES = new Uint8Array(0);

function isAcceptError(rejection: string): rejection is AcceptError {
  return Object.hasOwn(AcceptStat, rejection);
}
