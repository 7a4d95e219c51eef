/** DUMP, GETADDRLIST and GETSTAT are long answers to short questions: what bounds those that wait to be sent. */
import type { RpcConnection } from "../runtime/connection.ts";
import type { RpcContext } from "../runtime/context.ts";
import { LARGE_REPLY_BYTES, MAX_LARGE_REPLIES } from "./limits.ts";

/**
 * Sends the long replies of a stream one after the other: a client can put a thousand calls into what one read brings, and would else make
 * us hold a thousand replies before we see that it reads none.
 */
export class LargeReplies {
  /** Of connections that have something to be sent. */
  readonly #queues = new Map<RpcConnection, Queue>();
  /** How many of them have something large, or had since there was last nothing. */
  #large = 0;

  /**
   * What `make` gives, at once or when it is the call's turn. Undefined where there is no place for one more connection with large replies.
   * @param estimatedBytes about how long the reply becomes
   */
  inTurn<R>({ transport, connection }: RpcContext, estimatedBytes: number, make: () => R): R | Promise<R> | undefined {
    // Of datagrams none waits: what the system does not take is lost.
    if (transport === "udp" || transport === "udp6") return make();
    const queue = this.#queues.get(connection);
    const hasPlace = queue?.isLarge === true;
    const isLarge = hasPlace || estimatedBytes >= LARGE_REPLY_BYTES;
    if (isLarge && !hasPlace) {
      if (this.#large >= MAX_LARGE_REPLIES) return undefined;
      this.#large++;
    }
    const made = queue === undefined ? make() : queue.tail.then(make);
    const tail = queue === undefined ? sent(connection) : queue.tail.then(() => sent(connection));
    const next: Queue = { tail, isLarge };
    this.#queues.set(connection, next);
    void tail.then(() => {
      // Another call has come behind, which keeps the place.
      if (this.#queues.get(connection) !== next) return;
      this.#queues.delete(connection);
      if (isLarge) this.#large--;
    });
    return made;
  }
}

/** Calls of one connection, one behind the other. */
interface Queue {
  /** Resolves when the last reply has been sent. */
  readonly tail: Promise<void>;
  readonly isLarge: boolean;
}

/** Resolves when the system has what was sent on a connection until the end of this turn of the event loop, or the connection has ended. */
async function sent(connection: RpcConnection): Promise<void> {
  await new Promise(setImmediate);
  await connection.flush().catch(() => undefined);
}
