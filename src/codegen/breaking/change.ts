/** One change between two `.x` files that shows on the wire. */
import type { Span } from "../ast.ts";
import type { Severity } from "../diagnostics.ts";
import { breakingCodes, type BreakingCode } from "./breaking-codes.ts";

export interface WireChange {
  readonly code: BreakingCode;
  /** Whether what works today breaks, or only what new peers may send beside it: breaking-codes.ts tells. */
  readonly severity: Severity;
  /** What has changed, and whom it breaks; one sentence without a full stop. */
  readonly message: string;
  /** The place in the new file; undefined where nothing is left of it. */
  readonly span: Span | undefined;
  /** The place in the old file. */
  readonly oldSpan: Span;
}

/** Where something stands in both files. */
export interface Place {
  /** As it is called in messages: `field 'x' of struct 'point'`. */
  readonly what: string;
  readonly span: Span;
  readonly oldSpan: Span;
  readonly peers: Peers;
}

/** Who sends the values of a type, and who receives them. */
export interface Peers {
  readonly sender: "client" | "server" | "peer";
  readonly receiver: "client" | "server" | "peer";
}

export const ARGUMENT_PEERS: Peers = { sender: "client", receiver: "server" };
export const RESULT_PEERS: Peers = { sender: "server", receiver: "client" };
/** A type of arguments and results, or one that no procedure uses. */
export const ANY_PEERS: Peers = { sender: "peer", receiver: "peer" };

/** What an old sender may send, and a new receiver does not take. */
export function refusedByNew({ sender, receiver }: Peers, what: string): string {
  return `an old ${sender} may send ${what}, which a new ${receiver} refuses`;
}

/** What a new sender may send, and an old receiver does not take. */
export function refusedByOld({ sender, receiver }: Peers, what: string): string {
  return `a new ${sender} may send ${what}, which an old ${receiver} refuses`;
}

export class Changes {
  readonly #list: WireChange[] = [];

  add(code: BreakingCode, message: string, span: Span | undefined, oldSpan: Span): void {
    this.#list.push({ code, severity: breakingCodes[code].severity, message, span, oldSpan });
  }

  /** In the order of the new file; what is gone, behind that, in the order of the old one. */
  sorted(): WireChange[] {
    const offset = ({ span, oldSpan }: WireChange): number => (span ?? oldSpan).start;
    const last = ({ span }: WireChange): number => (span === undefined ? 1 : 0);
    return this.#list.toSorted((a, b) => last(a) - last(b) || offset(a) - offset(b));
  }
}
