/** What the server answers itself, without a handler: counted by reason, and told to who listens. */
import { type ServerAnswerEvent, serverAnswers } from "./diagnostics.ts";
import type { Rejection } from "./context.ts";
import type { Origin } from "./incoming-call.ts";

/**
 * What the caller was told: `NULL` is the success of a procedure 0 that no service declares, `AUTH_ANSWERED` that of the flavor itself (the
 * probe for TLS, the set-up of a context). `DROPPED`, which a flavor may do, and `MALFORMED`, a header that can't be read, have no reply.
 */
export type AnswerReason =
  "NULL" | "RPC_MISMATCH" | "PROG_MISMATCH" | "AUTH_ANSWERED" | "DROPPED" | "MALFORMED" | Extract<Rejection, string>;

/** By reason, and by nothing that a caller chooses: of these there are a few. */
export class Answers {
  readonly #counts = new Map<AnswerReason, number>();

  /** @param procedure what was called; undefined where the header does not tell */
  note(reason: AnswerReason, to: Origin, procedure?: () => ServerAnswerEvent["procedure"]): void {
    this.count(reason);
    const { xid, peer, over, encrypted } = to;
    serverAnswers.publish(() => ({ xid, peer, transport: over.netid, encrypted, procedure: procedure?.(), reason }));
  }

  count(reason: AnswerReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** Of those that there were. */
  get counts(): Readonly<Partial<Record<AnswerReason, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
