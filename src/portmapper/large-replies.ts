/** DUMP, GETADDRLIST and GETSTAT are long answers to short questions: what bounds those that wait to be sent. */
import type { RpcConnection } from "../runtime/connection.ts";
import type { RpcContext } from "../runtime/context.ts";
import { LARGE_REPLY_BYTES, MAX_LARGE_REPLIES } from "./limits.ts";

/**
 * Sends the long replies of a stream one after the other: a client can put a thousand calls into what one read brings, and would else make
 * us hold a thousand replies before we see that it reads none.
 */
export class LargeReplies {
  /** Of connections that have something to be sent: resolves when the last of it is. */
  readonly #tails = new Map<RpcConnection, Promise<void>>();
  #holding = 0;

  /**
   * What `make` gives, at once or when it is the call's turn. Undefined where there is no place for one more large reply.
   * @param estimatedBytes about how long the reply becomes
   */
  inTurn<R>({ transport, connection }: RpcContext, estimatedBytes: number, make: () => R): R | Promise<R> | undefined {
    // Of datagrams none waits: what the system does not take is lost.
    if (transport === "udp" || transport === "udp6") return make();
    const tail = this.#tails.get(connection);
    if (tail !== undefined) {
      const made = tail.then(make);
      this.#follow(connection, tail.then(() => sent(connection))); // prettier-ignore
      return made;
    }
    const isLarge = estimatedBytes >= LARGE_REPLY_BYTES;
    if (isLarge && this.#holding >= MAX_LARGE_REPLIES) return undefined;
    this.#follow(connection, sent(connection), isLarge);
    return make();
  }

  #follow(connection: RpcConnection, tail: Promise<void>, isLarge = false): void {
    this.#tails.set(connection, tail);
    if (isLarge) this.#holding++;
    void tail.then(() => {
      if (isLarge) this.#holding--;
      if (this.#tails.get(connection) === tail) this.#tails.delete(connection);
    });
  }
}

/** Resolves when the system has what was sent on a connection until the end of this turn of the event loop, or the connection has ended. */
async function sent(connection: RpcConnection): Promise<void> {
  await new Promise(setImmediate);
  await connection.flush().catch(() => undefined);
}
