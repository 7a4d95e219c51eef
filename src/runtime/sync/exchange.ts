/** One call over one channel: it is sent, again where that is needed, until its reply is there or its time is up. */
import { performance } from "node:perf_hooks";
import { XdrReader } from "../../xdr/index.ts";
import type { AuthChannel, ClientAuth } from "../auth/flavor.ts";
import type { CallToWrite } from "../call-message.ts";
import { RpcError, type RpcErrorDetails, reason } from "../error.ts";
import { MsgType } from "../gen/rpc_msg.ts";
import { MAX_AUTH_REFRESHES, REFUSED_RETRY_MS } from "../limits.ts";
import type { RpcProcedure } from "../procedure.ts";
import { type Reply, type ResultReading, readReply, readResult } from "../reply.ts";
import { type RoundTripTime, tryTimeoutMs } from "../retransmission.ts";
import type { SyncChannel } from "../transport/sync-channel.ts";

/** What a call is made with, its defaults filled in. */
export interface SyncCallSettings {
  readonly auth: ClientAuth;
  readonly timeoutMs: number;
  /** Undefined: the round trip decides. */
  readonly tryTimeoutMs: number | undefined;
  readonly isIdempotent: boolean;
}

export class SyncCall implements CallToWrite {
  readonly procedure: RpcProcedure<unknown, unknown>;
  readonly channel: AuthChannel;
  xid: number;
  authState: unknown = undefined;
  /** The encoded arguments, where a flavor wraps them. */
  body: Uint8Array | undefined = undefined;
  /** Since it has its xid. */
  transmissions = 0;

  constructor(xid: number, procedure: RpcProcedure<unknown, unknown>, channel: AuthChannel) {
    this.xid = xid;
    this.procedure = procedure;
    this.channel = channel;
  }
}

/** What an exchange needs of its connection. */
export interface ExchangeBase {
  readonly reading: ResultReading;
  readonly roundTrip: RoundTripTime;
  readonly refusedTimeoutMs: number;
  nextXid(): number;
  /** Sends the call's message. Throws an `RpcError`, or `ChannelLost`. */
  transmit(channel: SyncChannel, call: SyncCall, args: unknown, settings: SyncCallSettings, endMs: number): void;
  /** A message has come that nobody waits for. */
  stray(): void;
}

/** A reliable channel has ended; its `cause` is why. */
export class ChannelLost extends Error {
  override readonly cause: Error;

  constructor(cause: Error) {
    super("the channel is lost");
    this.cause = cause;
  }
}

/** The call's result. Throws an `RpcError`, or `ChannelLost` where the channel has ended before the reply came. */
export function exchange(
  base: ExchangeBase,
  channel: SyncChannel,
  call: SyncCall,
  args: unknown,
  settings: SyncCallSettings,
  endMs: number,
  startMs: number,
): unknown {
  const { auth } = settings;
  let nowMs = startMs;
  const details = { procedure: call.procedure, peer: channel.peer };
  for (let refreshes = 0; ; refreshes++) {
    const bytes = replyTo(base, channel, call, args, settings, endMs, nowMs, details);
    const r = new XdrReader(bytes, base.reading);
    let reply: Reply;
    try {
      reply = readReply(bytes, r, details);
    } catch (cause) {
      const text = `the reply's header is malformed: ${reason(cause)}`;
      throw new RpcError("RPC_CANTDECODERES", text, { ...details, cause });
    }
    const { error, verifier } = reply;
    if (error?.authStat !== undefined && refreshes < MAX_AUTH_REFRESHES && hasOther(auth, error, call, details)) {
      // The server has run nothing, so that the call is a new one.
      call.xid = base.nextXid();
      call.transmissions = 0;
      call.authState = undefined;
      nowMs = performance.now();
      continue;
    }
    if (error !== undefined && verifier === undefined) throw error;
    return readResult(call, auth, reply, bytes, r, base.reading, details);
  }
}

/** Whether the flavor has other credentials now. */
function hasOther(auth: ClientAuth, error: RpcError, call: SyncCall, details: RpcErrorDetails): boolean {
  let isNew: boolean | Promise<boolean> | undefined;
  try {
    isNew = auth.refresh?.(error.authStat ?? "AUTH_FAILED", call);
  } catch (cause) {
    throw new RpcError("RPC_AUTHERROR", `no other credentials: ${reason(cause)}`, { ...details, cause });
  }
  if (isNew === undefined || typeof isNew === "boolean") return isNew === true;
  isNew.catch(() => undefined);
  const text = `the flavor ${auth.flavor} gets other credentials by calls that do not block: it needs a client that returns promises`;
  throw new RpcError("RPC_AUTHERROR", text, { ...details, cause: error });
}

/** The reply's bytes. */
function replyTo(
  base: ExchangeBase,
  channel: SyncChannel,
  call: SyncCall,
  args: unknown,
  settings: SyncCallSettings,
  endMs: number,
  nowMs: number,
  details: RpcErrorDetails,
): Uint8Array {
  const { isReliable } = channel;
  if (isReliable && !(settings.isIdempotent && settings.tryTimeoutMs !== undefined)) {
    base.transmit(channel, call, args, settings, endMs);
    const bytes = awaitReply(base, channel, call.xid, endMs, nowMs);
    if (bytes !== undefined) return bytes;
    throw timedOut(settings, details);
  }
  const refusals = new Refusals(base.refusedTimeoutMs, details);
  for (;;) {
    const sentAtMs = performance.now();
    base.transmit(channel, call, args, settings, endMs);
    const firstMs = settings.tryTimeoutMs ?? base.roundTrip.tryTimeoutMs;
    let untilMs = Math.min(endMs, sentAtMs + tryTimeoutMs(firstMs, Math.max(1, call.transmissions - refusals.count)));
    for (;;) {
      let bytes: Uint8Array | undefined;
      try {
        bytes = awaitReply(base, channel, call.xid, untilMs, performance.now());
      } catch (error) {
        if (isReliable) throw error;
        untilMs = Math.min(endMs, refusals.note(error as Error));
        continue;
      }
      if (bytes === undefined) break;
      if (!isReliable && call.transmissions === 1) base.roundTrip.sample(performance.now() - sentAtMs);
      return bytes;
    }
    if (performance.now() >= endMs) throw refusals.after(sentAtMs) ?? timedOut(settings, details);
  }
}

function timedOut({ timeoutMs }: SyncCallSettings, details: RpcErrorDetails): RpcError {
  return new RpcError("RPC_TIMEDOUT", `no reply within ${timeoutMs} ms`, details);
}

/**
 * The reply with an xid; undefined where the time is up. What else comes is dropped: replies of calls that were given up, and calls of the peer's.
 * Throws `ChannelLost`, or what refused a datagram.
 */
function awaitReply(
  base: ExchangeBase,
  channel: SyncChannel,
  xid: number,
  untilMs: number,
  startMs: number,
): Uint8Array | undefined {
  for (let nowMs = startMs; ; nowMs = performance.now()) {
    let bytes: Uint8Array | undefined;
    try {
      bytes = channel.receive(untilMs, nowMs);
    } catch (error) {
      throw channel.isReliable ? new ChannelLost(error as Error) : error;
    }
    if (bytes === undefined || isReplyTo(xid, bytes)) return bytes;
    base.stray();
    if (nowMs >= untilMs) return undefined; // who sends without end does not keep us
  }
}

function isReplyTo(xid: number, bytes: Uint8Array): boolean {
  return bytes.length >= 8 && uint32(bytes, 0) === xid && uint32(bytes, 4) === MsgType.REPLY;
}

function uint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** What the peer's host says of a call's datagrams: that nobody listens. A server that restarts refuses, too, so the call goes on for a time. */
class Refusals {
  /** Transmissions that were refused. */
  count = 0;
  readonly #timeoutMs: number;
  readonly #details: RpcErrorDetails;
  #firstMs: number | undefined;
  #lastMs = -Infinity;
  #error: Error | undefined;

  constructor(timeoutMs: number, details: RpcErrorDetails) {
    this.#timeoutMs = timeoutMs;
    this.#details = details;
  }

  /** @returns when it is to be sent again. Throws `RPC_CANTRECV` where it has gone on for long enough */
  note(error: Error): number {
    const now = performance.now();
    this.#lastMs = now;
    this.#error = error;
    this.#firstMs ??= now;
    const leftMs = this.#firstMs + this.#timeoutMs - now;
    if (leftMs <= 0) throw this.#failure(error);
    return now + Math.min(tryTimeoutMs(REFUSED_RETRY_MS, ++this.count), leftMs);
  }

  /** The error of a call whose last datagram, sent then, was refused; undefined where it was not. */
  after(sentAtMs: number): RpcError | undefined {
    return this.#error !== undefined && this.#lastMs >= sentAtMs ? this.#failure(this.#error) : undefined;
  }

  #failure(cause: Error): RpcError {
    return new RpcError("RPC_CANTRECV", `the call was refused: ${reason(cause)}`, { ...this.#details, cause });
  }
}
