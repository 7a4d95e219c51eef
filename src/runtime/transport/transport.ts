import type { Netid, RpcAddress } from "../address.ts";
import type { PeerCredentials } from "./native.ts";

/**
 * Carries whole messages. A stream's transport is one connection; a server's udp socket is one transport with many
 * peers, so that messages come with their sender, and replies name their receiver.
 */
export interface Transport {
  readonly netid: Netid;
  /** This end. */
  readonly local: RpcAddress;
  /** The other end; undefined where there are many. */
  readonly peer: RpcAddress | undefined;
  /** Bytes of the largest message that can be sent. */
  readonly maxMessageBytes: number;
  /** Begins to deliver messages. Called once, before anything is sent. */
  start(sink: TransportSink): void;
  /**
   * Sends a message, to the peer or, where there are many, to one of them. The bytes are copied. Never throws: what can't
   * be sent is told to `failed`, or is lost with the transport.
   */
  send(message: Uint8Array, to?: RpcAddress, failed?: (error: Error) => void): void;
  /** Sends what is queued, then closes. Resolves when it is closed; idempotent. */
  close(): Promise<void>;
  /** The kernel's word on who is at the other end; undefined where it has none. */
  credentials(): PeerCredentials | undefined;
  /** Lets the process end while the transport is open, or not. */
  unref(): void;
}

/** Receives what a transport delivers. None of these throws. */
export interface TransportSink {
  /** A message. Its bytes belong to the receiver. */
  message(bytes: Uint8Array, from: RpcAddress): void;
  /** What was sent and not yet answered is lost; the transport goes on. */
  lost(error: Error): void;
  /** The transport has ended, once: by `close`, by the peer (no error), or by an error. */
  closed(error: Error | undefined): void;
}
