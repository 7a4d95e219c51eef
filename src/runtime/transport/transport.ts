import type { X509Certificate } from "node:crypto";
import type { TransportName, RpcAddress } from "../address.ts";
import type { PeerCredentials } from "./native.ts";

/**
 * Carries whole messages. A stream's transport is one connection; a server's udp socket is one transport with many
 * peers, so that messages come with their sender, and replies name their receiver.
 */
export interface Transport {
  readonly netid: TransportName;
  /** This end. */
  readonly local: RpcAddress;
  /** The other end; undefined where there are many. */
  readonly peer: RpcAddress | undefined;
  /** Bytes of the largest message that can be sent. */
  readonly maxMessageBytes: number;
  /** Whether each message arrives, once and in order, while the transport lives. Where it may not, calls are sent again. */
  readonly isReliable: boolean;
  /** Whether more can be sent without filling the memory: false until `flush` resolves. */
  readonly hasRoom: boolean;
  /** Whether part of a message has come, or the peer has not read what was sent. Undefined: it has no parts. */
  readonly isMoving?: boolean;
  /** Begins to deliver messages. Called once, before anything is sent. */
  start(sink: TransportSink): void;
  /**
   * Sends a message, to the peer or, where there are many, to one of them. The bytes are copied. Never throws: what can't
   * be sent is told to `failed`, or is lost with the transport.
   */
  send(message: Uint8Array, to?: RpcAddress, failed?: (error: Error) => void): void;
  /**
   * Sends a long message without a copy: its bytes must not change until `returned` is called, once. Where there is none, `send` is as good. Never
   * throws.
   */
  sendLent?(message: Uint8Array, returned: () => void): void;
  /** Resolves when the system has taken all that was sent so far; rejects where the transport ends before that. */
  flush(): Promise<void>;
  /** Reads no more: what comes waits in the system, and at the peer. Of datagrams the system keeps what it has room for. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** From here on a peer that ends its sending side alone can be sent what it waits for: `closed` is told then, and `close` is still to be called. */
  keepHalfOpen?(): void;
  /** While just the peer's side has ended: resolves when the rest has, too. */
  readonly lingering?: Promise<void> | undefined;
  /** Sends what is queued, then closes. Resolves when it is closed; idempotent. */
  close(): Promise<void>;
  /** Ends at once, with what is queued. */
  destroy(error: Error): void;
  /** The kernel's word on who is at the other end; undefined where it has none. */
  credentials(): PeerCredentials | undefined;
  /** Whether what is sent goes over TLS. Default false. */
  readonly encrypted?: boolean;
  /** The certificate of the other end, where there is one and it is valid. */
  certificate?(): X509Certificate | undefined;
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
