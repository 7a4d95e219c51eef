/** A connection as a client: it makes calls, sends them again where that is needed, and gives each its reply. */
import type { XdrReader, XdrWriter } from "../xdr/index.ts";
import type { RpcAddress } from "./address.ts";
import type { AuthChannel } from "./auth/flavor.ts";
import { authNone } from "./auth/none.ts";
import { AuthSetUps } from "./auth/set-ups.ts";
import { callSettings } from "./call-settings.ts";
import { CallTable } from "./call-table.ts";
import type { CallOptions, ConnectionOptions, ConnectionStats } from "./connection-options.ts";
import { DatagramWatch } from "./datagram-watch.ts";
import { type ClientCallEvent, clientCalls } from "./diagnostics.ts";
import { RpcError, type RpcErrorCode, type RpcErrorDetails, reason } from "./error.ts";
import { DEFAULT_TIMEOUT_MS, MAX_AUTH_REFRESHES } from "./limits.ts";
import { Link, type Reconnector } from "./link.ts";
import { OneWayCalls } from "./one-way-calls.ts";
import { OutgoingCall } from "./outgoing-call.ts";
import type { RpcProcedure, RpcProcedureId } from "./procedure.ts";
import { type Reply, type ResultReading, readReply, readResult } from "./reply.ts";
import { RoundTripTime, tryTimeoutMs } from "./retransmission.ts";
import type { Transport } from "./transport/transport.ts";
import { ReaderPool } from "./reader-pool.ts";
import { pooledCopy } from "./pooled-copy.ts";
import { Tries } from "./tries.ts";
import { wordAt } from "./word.ts";
import { WriterPool } from "./writer-pool.ts";

const NO_BYTES = new Uint8Array(0);

/** Why a connection has ended. */
interface Ended {
  readonly code: RpcErrorCode;
  readonly message: string;
  readonly cause?: Error | undefined;
}

/** Takes each message that comes in: a reply is handed to `settle`. */
export type MessageListener = (bytes: Uint8Array, from: RpcAddress, over: Transport) => void;

export class ClientRole {
  /** Resolves when the connection has ended for good. */
  readonly closed: Promise<void>;
  /** How often a reply was accepted that strict decoding rejects. */
  tolerated = 0;
  /** How it decodes. */
  readonly #reading: ResultReading;
  readonly #options: ConnectionOptions;
  readonly #table = new CallTable((call) => {
    this.#expired(call);
  });
  readonly #tries: Tries<OutgoingCall> = new Tries(
    () => this.#table.all(),
    (call) => {
      if (call.transport?.isReliable === false) this.#watch.silent(call, false);
      this.#transmitWhenReady(call);
    },
  );
  readonly #readers: ReaderPool;
  readonly #writers: WriterPool;
  readonly #link: Link;
  readonly #roundTrip = new RoundTripTime();
  readonly #watch: DatagramWatch;
  readonly #setUps = new AuthSetUps();
  /** What a flavor makes its own calls on: interceptors are for the calls of the user. */
  readonly #channel: AuthChannel = {
    call: (procedure, args, options = {}) => this.call(procedure, args, options),
  };
  readonly #oneWay: OneWayCalls;
  #calls = 0;
  #retransmissions = 0;
  #strayReplies = 0;
  /** The last transport. */
  #transport: Transport;
  /** Later calls reject with it. */
  #ended: Ended | undefined;

  constructor(
    transport: Transport,
    options: ConnectionOptions,
    reconnector: Reconnector | undefined,
    message: MessageListener,
  ) {
    this.#transport = transport;
    this.#options = options;
    this.#reading = {
      strictness: options.xdr ?? "tolerant",
      tolerated: (times) => (this.tolerated += times),
    };
    this.#readers = new ReaderPool(this.#reading);
    this.#writers = new WriterPool({ maxBytes: transport.maxMessageBytes });
    this.#oneWay = new OneWayCalls({
      table: this.#table,
      setUps: this.#setUps,
      link: () => this.#link,
      begin: (call) => (call.event = this.#event(call)),
      register: (call) => {
        this.#register(call);
      },
      encodeArgs: ({ procedure }, args) => this.#encodeArgs(procedure, args),
      write: (call, over, args, failed) => {
        const w = this.#written(call, args);
        this.#link.touch();
        this.#writers.send(w, over, undefined, failed);
      },
      error: (code, message, details) => this.#error(code, message, details),
      setUpError: (procedure, cause) => this.#setUpError(procedure, cause),
    });
    let closed: () => void;
    this.closed = new Promise((resolve) => (closed = resolve));
    this.#watch = new DatagramWatch(options.refusedTimeoutMs, {
      all: () => this.#table.all(),
      again: (call) => {
        this.#transmitWhenReady(call);
      },
      giveUp: (call, error) => {
        this.#table.reject(call, this.#refused(call.procedure, error));
      },
      renew: (isAllowed) => {
        this.#link.renew(isAllowed);
      },
    });
    this.#link = new Link(transport, reconnector, {
      message: (bytes, from, over) => {
        this.#link.touch();
        if (!over.isReliable) this.#watch.heard();
        message(bytes, from, over);
      },
      lost: (error) => {
        this.#watch.refused(error);
      },
      up: (next) => {
        this.#transport = next;
        this.#watch.moved();
        for (const call of this.#table.all()) {
          if (call.settings.isOneWay) this.#oneWay.sendWhenReady(call);
          else this.#transmitWhenReady(call);
        }
      },
      down: (_over, error) => {
        this.#down(error);
      },
      isWanted: () => this.#table.size > 0,
      rested: (over) => {
        this.#oneWay.rested(over);
      },
      failed: (error) => {
        this.#failAll("RPC_CANTCONNECT", `the connection was lost and can't be made again: ${reason(error)}`, error);
      },
      ended: () => {
        this.#table.stop();
        this.#tries.stop();
        closed();
      },
    });
  }

  /** What it goes over, or went over last. */
  get transport(): Transport {
    return this.#transport;
  }

  /** Whether it has ended since its peer has closed it: not by an error, and not by this side. */
  get wasClosedByPeer(): boolean {
    return this.#ended?.code === "RPC_CANTRECV" && this.#ended.cause === undefined;
  }

  /** Whether there is a connection at present. */
  get connected(): boolean {
    return this.#link.transport !== undefined;
  }

  /** Calls that wait for their reply. */
  get outstanding(): number {
    return this.#table.size;
  }

  stats(): ConnectionStats {
    return {
      calls: this.#calls,
      retransmissions: this.#retransmissions,
      reconnects: this.#link.reconnects,
      strayReplies: this.#strayReplies,
    };
  }

  /** Sends what is queued and closes. Idempotent. */
  async close(): Promise<void> {
    const message = "the connection was closed by this side";
    this.#ended ??= { code: "RPC_CLOSED", message };
    this.#failAll("RPC_CLOSED", message);
    this.#watch.stop();
    await this.#link.close();
    await this.closed;
  }

  unref(): void {
    this.#link.unref();
  }

  /** Calls a remote procedure and waits for no reply. Rejects with an `RpcError`. */
  send<A>(procedure: RpcProcedure<A, unknown>, args: A, options: Pick<CallOptions, "auth">): Promise<void> {
    const { auth = this.#options.auth ?? authNone } = options;
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    let isSent = true as boolean; // which the executor changes, before it returns
    const sent = new Promise<void>((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#endedError(procedure);
      this.#calls++;
      const call = new OutgoingCall(
        this.#table.nextXid(),
        procedure,
        this.#channel,
        { auth, timeoutMs, tryTimeoutMs: undefined, signal: undefined, isIdempotent: false, isOneWay: true },
        { resolve: resolve as (result: unknown) => void, reject },
      );
      isSent = this.#oneWay.send(call, args);
    });
    if (!isSent) this.#oneWay.follow(sent);
    return sent;
  }

  /** Resolves when the system has taken all that was sent. Rejects with `RPC_CANTSEND`. */
  flush(): Promise<void> {
    return this.#oneWay.flush();
  }

  /** Keeps the connection from being closed at rest until the function that it returns is called. */
  hold(): () => void {
    return this.#link.hold();
  }

  /** Calls a remote procedure. Rejects with an `RpcError`. */
  call<A, R>(procedure: RpcProcedure<A, R>, args: A, options: CallOptions): Promise<R> {
    return new Promise((resolve, reject) => {
      const settings = callSettings(this.#options, options, procedure.number);
      const { auth, signal } = settings;
      if (this.#ended !== undefined) throw this.#endedError(procedure);
      if (signal?.aborted === true) throw this.#aborted(procedure, signal);
      this.#calls++;
      const call = new OutgoingCall(this.#table.nextXid(), procedure, this.#channel, settings, {
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      const { transport } = this.#link;
      const isReady = this.#setUps.isReady(auth);
      // Sent at once, and once: then the arguments need no bytes of their own.
      const isPlain = isReady && transport?.isReliable === true && !settings.isIdempotent;
      if (!isPlain || auth.wrap !== undefined || auth.refresh !== undefined)
        call.body = this.#encodeArgs(procedure, args);
      if (!isReady || transport === undefined) {
        this.#register(call);
        this.#transmitWhenReady(call);
        return;
      }
      this.#transmit(call, transport, args);
    });
  }

  /** The call is known from here on: its reply, its time, its signal. */
  #register(call: OutgoingCall): void {
    const { procedure, settings: { signal } } = call; // prettier-ignore
    this.#table.add(call);
    call.event ??= this.#event(call);
    if (signal === undefined) return;
    call.watch(signal, () => {
      this.#table.reject(call, this.#aborted(procedure, signal));
    });
  }

  #expired(call: OutgoingCall): void {
    this.#table.reject(call, this.#timedOut(call));
    if (call.transport?.isReliable === false) this.#watch.silent(call, true);
  }

  #timedOut(call: OutgoingCall): RpcError {
    const { procedure, settings: { timeoutMs } } = call; // prettier-ignore
    const { transport, lastError } = this.#link;
    if (transport === undefined && lastError !== undefined) {
      const message = `no reply within ${timeoutMs} ms, and no connection: ${reason(lastError)}`;
      return this.#error("RPC_TIMEDOUT", message, { procedure, cause: lastError });
    }
    const refusal = call.transport?.isReliable === false ? this.#watch.refusalOf(call) : undefined;
    if (refusal?.last === true) return this.#refused(procedure, refusal.error);
    return this.#error("RPC_TIMEDOUT", `no reply within ${timeoutMs} ms`, { procedure, cause: refusal?.error });
  }

  #refused(procedure: RpcProcedureId, cause: Error): RpcError {
    return this.#error("RPC_CANTRECV", `the call was refused: ${reason(cause)}`, { procedure, cause });
  }

  #event({ xid, procedure, settings: { isOneWay } }: OutgoingCall): ClientCallEvent | undefined {
    if (!clientCalls.isWatched) return undefined;
    const { netid, peer } = this.transport;
    return clientCalls.start({ xid, procedure, transport: netid, peer, isOneWay });
  }

  /** Sends the call once there is a transport, and its flavor is ready. */
  #transmitWhenReady(call: OutgoingCall): void {
    if (call.isSettled || call.isRefreshing) return;
    const { auth } = call.settings;
    const { transport } = this.#link;
    if (transport === undefined) {
      this.#link.wake(); // `up` comes back to it
      return;
    }
    if (this.#setUps.isReady(auth)) {
      this.#retransmit(call, transport);
      return;
    }
    this.#setUps.make(auth, call).then(
      () => {
        const now = this.#link.transport;
        if (!call.isSettled && call.transport !== now && now !== undefined) this.#retransmit(call, now);
      },
      (cause: unknown) => {
        this.#table.reject(call, this.#setUpError(call.procedure, cause));
      },
    );
  }

  /** As `#transmit`, for a call that is registered: what can't be encoded now rejects it. */
  #retransmit(call: OutgoingCall, transport: Transport): void {
    try {
      this.#transmit(call, transport);
    } catch (error) {
      this.#table.reject(call, error as RpcError);
    }
  }

  #transmit(call: OutgoingCall, transport: Transport, args?: unknown): void {
    const w = this.#written(call, args);
    if (call.transmissions === 0) {
      if (!this.#table.has(call)) this.#register(call);
    } else {
      this.#retransmissions++;
    }
    call.transmissions++;
    call.transport = transport;
    this.#link.touch();
    this.#writers.send(w, transport, undefined, this.#unsent(call, transport));
    const { tryTimeoutMs: ownMs, isIdempotent } = call.settings;
    if (transport.isReliable && (ownMs === undefined || !isIdempotent)) return;
    call.lastSentAtMs = performance.now();
    if (call.transmissions === 1) call.sentAtMs = call.lastSentAtMs;
    const waitMs = tryTimeoutMs(ownMs ?? this.#roundTrip.tryTimeoutMs, call.transmissions - call.refusals);
    this.#tries.plan(call, waitMs);
  }

  /** Told why the call was not sent. */
  #unsent(call: OutgoingCall, transport: Transport): (cause: Error) => void {
    return (cause) => {
      const { procedure } = call;
      // A datagram may pass the next time.
      if (!transport.isReliable && call.transmissions > 1) return;
      const error = this.#error("RPC_CANTSEND", `the call can't be sent: ${reason(cause)}`, { procedure, cause });
      this.#table.reject(call, error);
    };
  }

  /** A reply has come. */
  settle(bytes: Uint8Array): void {
    const call = this.#table.find(wordAt(bytes, 0));
    if (call?.transport === undefined) {
      this.#strayReplies++; // the reply of a call that was given up, or of none
      return;
    }
    if (call.transmissions === 1 && !call.transport.isReliable) {
      this.#roundTrip.sample(performance.now() - call.sentAtMs);
    }
    const r = this.#readers.take(bytes, 0);
    try {
      this.#answered(call, bytes, r);
    } finally {
      this.#readers.give(r);
    }
  }

  #answered(call: OutgoingCall, bytes: Uint8Array, r: XdrReader): void {
    const { procedure } = call;
    const details = { procedure, peer: this.transport.peer };
    let reply: Reply;
    try {
      reply = readReply(bytes, r, details);
    } catch (cause) {
      const message = `the reply's header is malformed: ${reason(cause)}`;
      this.#table.reject(call, this.#error("RPC_CANTDECODERES", message, { procedure, cause }));
      return;
    }
    const { error } = reply;
    // Where the flavor had no other credentials when the call was made, its arguments were not kept.
    if (error?.authStat !== undefined && call.settings.auth.refresh !== undefined && call.body !== undefined) {
      void this.#refresh(call, error);
      return;
    }
    if (error !== undefined && reply.verifier === undefined) {
      this.#table.reject(call, error);
      return;
    }
    // The server has taken the credentials, whatever it says of the call.
    let result: unknown;
    try {
      result = readResult(call, call.settings.auth, reply, bytes, r, this.#reading, details);
    } catch (failure) {
      this.#table.reject(call, failure as RpcError);
      return;
    }
    this.#table.resolve(call, result);
  }

  /** The flavor may have other credentials. The server has run nothing, so that the call is a new one. */
  async #refresh(call: OutgoingCall, error: RpcError): Promise<void> {
    const { auth } = call.settings;
    call.refreshes++;
    // The server has run nothing: neither its further replies nor the end of the connection are about this call.
    call.isRefreshing = true;
    call.transport = undefined;
    try {
      const isNew =
        call.refreshes <= MAX_AUTH_REFRESHES && (await auth.refresh?.(error.authStat ?? "AUTH_FAILED", call)) === true;
      if (call.isSettled) return;
      if (!isNew) {
        this.#table.reject(call, error);
        return;
      }
    } catch (cause) {
      this.#table.reject(call, this.#error("RPC_AUTHERROR", `no other credentials: ${reason(cause)}`, { procedure: call.procedure, cause })); // prettier-ignore
      return;
    }
    call.isRefreshing = false;
    call.transmissions = call.refusals = 0;
    call.authState = undefined;
    this.#table.renumber(call);
    this.#transmitWhenReady(call);
  }

  #encodeArgs<A>(procedure: RpcProcedure<A, unknown>, args: A): Uint8Array {
    const w = this.#writers.take();
    try {
      procedure.args.encode(w, args);
      return w.length === 0 ? NO_BYTES : pooledCopy(w.bytes());
    } catch (cause) {
      throw this.#cantEncode(procedure, cause);
    } finally {
      this.#writers.give(w);
    }
  }

  /** Its message, in a writer that is to be sent. */
  #written(call: OutgoingCall, args: unknown): XdrWriter {
    const w = this.#writers.take();
    try {
      call.write(w, args);
      return w;
    } catch (cause) {
      this.#writers.give(w);
      throw this.#cantEncode(call.procedure, cause);
    }
  }

  #cantEncode(procedure: RpcProcedureId, cause: unknown): RpcError {
    return this.#error("RPC_CANTENCODEARGS", `the call can't be encoded: ${reason(cause)}`, { procedure, cause });
  }

  /** The transport has ended: calls that the server may have run are not sent again, unless that does no harm. */
  #down(error: Error | undefined): void {
    const why = error === undefined ? "the peer closed the connection" : `the connection broke: ${reason(error)}`;
    const isOver = this.#link.isEnded;
    if (isOver) this.#ended ??= { code: "RPC_CANTRECV", message: why, cause: error };
    for (const call of this.#table.all()) {
      const isSafe = call.transport === undefined || call.settings.isIdempotent;
      if (!isOver && isSafe) continue;
      const message = call.transport === undefined ? why : `${why}; the server may have run the call`;
      this.#table.reject(call, this.#error("RPC_CANTRECV", message, { procedure: call.procedure, cause: error }));
    }
  }

  #failAll(code: RpcErrorCode, message: string, cause?: unknown): void {
    for (const call of this.#table.all()) {
      this.#table.reject(call, this.#error(code, message, { procedure: call.procedure, cause }));
    }
  }

  #setUpError(procedure: RpcProcedureId, cause: unknown): RpcError {
    const message = `the credentials can't be set up: ${reason(cause)}`;
    return this.#error("RPC_AUTHERROR", message, { procedure, cause });
  }

  #endedError(procedure: RpcProcedureId): RpcError {
    const { code, message, cause } = this.#ended as Ended;
    return this.#error(code, message, { procedure, cause });
  }

  #aborted(procedure: RpcProcedureId, signal: AbortSignal): RpcError {
    return this.#error("RPC_ABORTED", "the call was aborted", { procedure, cause: signal.reason });
  }

  #error(code: RpcErrorCode, message: string, details: RpcErrorDetails = {}): RpcError {
    return new RpcError(code, message, { peer: this.transport.peer, ...details });
  }
}
