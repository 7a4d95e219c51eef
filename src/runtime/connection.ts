import { XdrReader, type XdrReaderOptions, type XdrStrictness, type XdrWriter } from "../xdr/index.ts";
import type { Netid, RpcAddress } from "./address.ts";
import { type ClientAuth, authNone } from "./auth.ts";
import { RpcError, type RpcErrorCode, type RpcErrorDetails, reason } from "./error.ts";
import { MsgType, RPC_MSG_VERSION, type RpcMsg, RpcMsgCodec } from "./gen/rpc_msg.ts";
import { DEFAULT_TIMEOUT_MS, MAX_TIMER_MS, checkTimeout } from "./limits.ts";
import type { RpcProcedure, RpcProcedureId } from "./procedure.ts";
import { replyError } from "./reply-error.ts";
import type { Transport } from "./transport/transport.ts";
import { WriterPool } from "./writer-pool.ts";

/** What one call may set. What is left out is the client's default, then the connection's. */
export interface CallOptions {
  /** Milliseconds until the call rejects with `RPC_TIMEDOUT`. Default 25 000 (libtirpc's stubs); `Infinity` waits for ever. */
  readonly timeoutMs?: number;
  /** Ends the call with `RPC_ABORTED` when it fires; its reason is the `cause`. The server may have run the procedure. */
  readonly signal?: AbortSignal;
  /** The credentials. Default `authNone`. */
  readonly auth?: ClientAuth;
}

/** What a connection can be told. */
export interface ConnectionOptions {
  /** Credentials of calls that set none. Default `authNone`. */
  readonly auth?: ClientAuth;
  /** Milliseconds of calls that set none. Default 25 000. */
  readonly timeoutMs?: number;
  /** How strictly messages are decoded. Default `tolerant`. */
  readonly xdr?: XdrStrictness;
}

/** Answers the calls that come in on a connection; the server's role. It does not throw. */
export type CallHandler = (message: Uint8Array, from: RpcAddress, connection: RpcConnection) => void;

interface PendingCall {
  readonly procedure: RpcProcedure<unknown, unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
  timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal | undefined;
  readonly abort: () => void;
}

/**
 * One connection. It reads CALL and REPLY, so that calls can go both ways: it is a client by `call`, and a server where
 * it was given a handler of calls.
 */
export class RpcConnection {
  /** How it decodes, and the count of what it accepted that strict decoding rejects. */
  readonly #reading: XdrReaderOptions;
  readonly #transport: Transport;
  readonly #options: ConnectionOptions;
  readonly #handler: CallHandler | undefined;
  readonly #pending = new Map<number, PendingCall>();
  readonly #closed: Promise<void>;
  readonly #writers: WriterPool;
  // Random, so that a restarted client's calls are not taken for repetitions of its last ones.
  #xid = Math.floor(Math.random() * 0x1_0000_0000);
  #tolerated = 0;
  /** Why the connection has ended; later calls reject with it. */
  #ended: { readonly code: RpcErrorCode; readonly message: string; readonly cause?: Error | undefined } | undefined;

  constructor(transport: Transport, options: ConnectionOptions = {}, handler?: CallHandler) {
    this.#transport = transport;
    this.#options = options;
    this.#handler = handler;
    this.#reading = { strictness: options.xdr ?? "tolerant" };
    this.#writers = new WriterPool({ maxBytes: transport.maxMessageBytes });
    let closed: () => void;
    this.#closed = new Promise((resolve) => (closed = resolve));
    transport.start({
      message: (bytes, from) => {
        this.#receive(bytes, from);
      },
      lost: (error) => {
        this.#failAll("RPC_CANTRECV", `the message was lost: ${reason(error)}`, error);
      },
      closed: (error) => {
        const why = error === undefined ? "the peer closed the connection" : `the connection broke: ${reason(error)}`;
        this.#ended ??= { code: "RPC_CANTRECV", message: why, cause: error };
        this.#failAll("RPC_CANTRECV", why, error);
        closed();
      },
    });
  }

  /** The transport, by its netid. */
  get transport(): Netid {
    return this.#transport.netid;
  }

  /** This end. */
  get local(): RpcAddress {
    return this.#transport.local;
  }

  /** The other end; undefined on a server's udp socket, which has many. */
  get peer(): RpcAddress | undefined {
    return this.#transport.peer;
  }

  /** Resolves when the connection has ended, for whatever reason. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** How often a reply was accepted that strict decoding rejects (`xdr: "strict"` would make it an error). */
  get tolerated(): number {
    return this.#tolerated;
  }

  /** Calls that wait for their reply. */
  get outstanding(): number {
    return this.#pending.size;
  }

  /**
   * Calls a remote procedure. Generated clients call this. Rejects with an `RpcError`, whose `code` tells the case, and
   * never later than `timeoutMs`.
   */
  call<A, R>(procedure: RpcProcedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS } = options;
      checkTimeout(timeoutMs);
      if (this.#ended !== undefined) {
        const { code, message, cause } = this.#ended;
        throw this.#error(code, message, { procedure, cause });
      }
      if (signal?.aborted === true) throw this.#aborted(procedure, signal);
      const xid = this.#nextXid();
      const abort = (): void => {
        // Only a signal that exists calls this.
        this.#take(xid)?.reject(this.#aborted(procedure, signal as AbortSignal));
      };
      const expire = (): void => {
        this.#take(xid)?.reject(this.#error("RPC_TIMEDOUT", `no reply within ${timeoutMs} ms`, { procedure }));
      };
      const pending: PendingCall = {
        procedure,
        resolve: resolve as (result: unknown) => void,
        reject,
        timer: undefined,
        signal,
        abort,
      };
      const unsent = (cause: Error): void => {
        const error = this.#error("RPC_CANTSEND", `the call can't be sent: ${reason(cause)}`, { procedure, cause });
        this.#take(xid)?.reject(error);
      };
      this.#writers.with((w) => {
        this.#encodeCall(w, xid, procedure, args, options.auth ?? this.#options.auth ?? authNone);
        this.#pending.set(xid, pending);
        if (timeoutMs !== Infinity) pending.timer = setTimeout(expire, Math.min(timeoutMs, MAX_TIMER_MS));
        signal?.addEventListener("abort", abort, { once: true });
        this.#transport.send(w.bytes(), undefined, unsent);
      });
    });
  }

  /** Sends what is queued and closes. Calls in flight reject with `RPC_CLOSED`. Idempotent. */
  async close(): Promise<void> {
    const message = "the connection was closed by this side";
    this.#ended ??= { code: "RPC_CLOSED", message };
    this.#failAll("RPC_CLOSED", message);
    await this.#transport.close();
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Lets the process end though the connection is open. */
  unref(): void {
    this.#transport.unref();
  }

  #receive(bytes: Uint8Array, from: RpcAddress): void {
    if (bytes.length < 8) return; // no xid and type: nobody to answer
    const type = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
    if (type === MsgType.CALL) this.#handler?.(bytes, from, this);
    else if (type === MsgType.REPLY) this.#settle(bytes);
  }

  #settle(bytes: Uint8Array): void {
    const r = new XdrReader(bytes, this.#reading);
    const call = this.#take(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
    if (call === undefined) return; // the reply of a call that was given up, or of none
    const { procedure } = call;
    const peer = this.peer;
    let message: RpcMsg;
    try {
      message = RpcMsgCodec.decode(r);
    } catch (cause) {
      call.reject(
        this.#error("RPC_CANTDECODERES", `the reply's header is malformed: ${reason(cause)}`, { procedure, cause }),
      );
      return;
    }
    const error = replyError(message, { procedure, peer });
    if (error !== undefined) {
      call.reject(error);
      return;
    }
    let result: unknown;
    try {
      result = procedure.result.decode(r);
      r.end(procedure.name);
    } catch (cause) {
      call.reject(
        this.#error("RPC_CANTDECODERES", `the result can't be decoded: ${reason(cause)}`, { procedure, cause }),
      );
      return;
    }
    this.#tolerated += r.tolerated;
    call.resolve(result);
  }

  #encodeCall<A, R>(w: XdrWriter, xid: number, procedure: RpcProcedure<A, R>, args: A, auth: ClientAuth): void {
    try {
      const at = w.reserve(24);
      w.setUint32(at, xid);
      w.setUint32(at + 4, MsgType.CALL);
      w.setUint32(at + 8, RPC_MSG_VERSION);
      w.setUint32(at + 12, procedure.program);
      w.setUint32(at + 16, procedure.version);
      w.setUint32(at + 20, procedure.number);
      auth.marshal(w);
      procedure.args.encode(w, args);
    } catch (cause) {
      throw this.#error("RPC_CANTENCODEARGS", `the call can't be encoded: ${reason(cause)}`, { procedure, cause });
    }
  }

  /** Takes a call out of the table, with its timer and its listener. */
  #take(xid: number): PendingCall | undefined {
    const call = this.#pending.get(xid);
    if (call === undefined) return undefined;
    this.#pending.delete(xid);
    clearTimeout(call.timer);
    call.signal?.removeEventListener("abort", call.abort);
    return call;
  }

  #failAll(code: RpcErrorCode, message: string, cause?: Error): void {
    for (const xid of [...this.#pending.keys()]) {
      const call = this.#take(xid);
      call?.reject(this.#error(code, message, { procedure: call.procedure, cause }));
    }
  }

  #nextXid(): number {
    do this.#xid = (this.#xid + 1) >>> 0;
    while (this.#pending.has(this.#xid));
    return this.#xid;
  }

  #aborted(procedure: RpcProcedureId, signal: AbortSignal): RpcError {
    return this.#error("RPC_ABORTED", "the call was aborted", { procedure, cause: signal.reason });
  }

  #error(code: RpcErrorCode, message: string, details: RpcErrorDetails = {}): RpcError {
    return new RpcError(code, message, { peer: this.peer, ...details });
  }
}
