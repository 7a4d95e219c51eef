import { MAX_UNREAD_REPLIES } from "./limits.ts";

/**
 * A client's connection, as the duplicate request cache remembers it, also when it has ended: whether its client can have lost a
 * reply. A client asks again over another connection for nothing else, and a call that another one makes, from the same host, can have the
 * same xid: many count from the same number.
 */
export class ClientStream {
  #calls = 0;
  #end: "open" | "closed" | "broken" = "open";

  /** Calls that have come over it. */
  get calls(): number {
    return this.#calls;
  }

  /** Whether its client may send still. */
  get isOpen(): boolean {
    return this.#end === "open";
  }

  /** A call has come. */
  count(): void {
    this.#calls++;
  }

  /** @param byClient whether its client has closed it. Else nobody knows what has arrived */
  ended(byClient: boolean): void {
    if (this.isOpen) this.#end = byClient ? "closed" : "broken";
  }

  /**
   * Whether the client can have lost the reply to a call, and ask for it over another connection. Not while this one is open; not where the reply
   * was sent before the client closed it (what it has not read its system answers with a reset); nor where the client has made more calls since than it
   * can have under way.
   * @param answeredAt `calls` when the reply was sent; undefined: it was not, while the stream was open
   */
  mayHaveLost(answeredAt: number | undefined): boolean {
    if (this.isOpen) return false;
    return answeredAt === undefined || (this.#end === "broken" && this.#calls - answeredAt < MAX_UNREAD_REPLIES);
  }
}
