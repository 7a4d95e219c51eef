/** What a blocking connection goes over. */
import type { RpcAddress, TransportName } from "../address.ts";

/**
 * Carries whole messages to and from one peer, with the thread waiting. Times are those of `performance.now()`: looking at the clock costs
 * as much as a good part of a message, so that who knows the time says it. Each transport has one of these beside its `Transport`; what it takes to
 * put records together, or to send in pieces, is its own.
 */
export interface SyncChannel {
  readonly netid: TransportName;
  readonly peer: RpcAddress;
  /** Bytes of the largest message that can be sent. */
  readonly maxMessageBytes: number;
  /** Whether each message arrives, once and in order, while the channel lives. Where it may not, calls are sent again. */
  readonly isReliable: boolean;
  /**
   * Sends a message. Throws the system's error: of a reliable channel it is the end.
   * @param untilMs waits for room until then
   * @returns false where the time was up before all of it had left: a reliable channel is of no use then
   */
  send(message: Uint8Array, untilMs: number): boolean;
  /**
   * The next message; its bytes are the receiver's until the next call of the channel, and of `OPAQUE_COPY_BYTES` and more for ever. Throws the system's error; of a reliable
   * channel that, and the peer's end, is its own. Of a datagram's channel it is a refusal, behind which the channel goes on.
   * @param untilMs waits until then; what is there already is taken in any case
   * @param nowMs the time, within a millisecond
   * @returns undefined where the time is up
   */
  receive(untilMs: number, nowMs: number): Uint8Array | undefined;
  /** Whether the peer is still there, as far as the system knows. What has come meanwhile is kept. */
  isAlive(): boolean;
  /** Idempotent. */
  close(): void;
}

/** What a reliable channel throws when its peer has closed. */
export class PeerClosed extends Error {
  constructor() {
    super("the peer closed the connection");
  }
}
