import type { TransportName, RpcAddress } from "./address.ts";
import { ClientRole } from "./client-role.ts";
import type { CallOptions, ConnectionOptions, ConnectionStats } from "./connection-options.ts";
import { MsgType } from "./gen/rpc_msg.ts";
import { type ClientCall, type ClientCallFunction, intercept } from "./interceptor.ts";
import type { Reconnector } from "./link.ts";
import type { RpcProcedure } from "./procedure.ts";
import { wordAt } from "./word.ts";
import type { Transport } from "./transport/transport.ts";

/** Answers the calls that come in on a connection; the server's role. It does not throw. */
export type CallHandler = (
  message: Uint8Array,
  from: RpcAddress,
  transport: Transport,
  connection: RpcConnection,
) => void;

/**
 * One connection. It reads CALL and REPLY, so that calls can go both ways: it is a client by `call`, and a server where
 * it has a handler of calls.
 */
export class RpcConnection {
  readonly #client: ClientRole;
  readonly #make: ClientCallFunction | undefined;
  #handler: CallHandler | undefined;

  /** @param reconnector where there is one, a connection that is lost is made again when a call needs it */
  constructor(transport: Transport, options: ConnectionOptions = {}, handler?: CallHandler, reconnector?: Reconnector) {
    this.#handler = handler;
    this.#client = new ClientRole(transport, options, reconnector, (bytes, from, over) => {
      this.#receive(bytes, from, over);
    });
    const { interceptors = [] } = options;
    const make: ClientCallFunction = ({ procedure, args, options: of, isOneWay }) =>
      isOneWay ? this.#client.send(procedure, args, of) : this.#client.call(procedure, args, of);
    this.#make = interceptors.length === 0 ? undefined : intercept(interceptors, make);
  }

  /** The transport, by its netid. */
  get transport(): TransportName {
    return this.#client.transport.netid;
  }

  /** This end. */
  get local(): RpcAddress {
    return this.#client.transport.local;
  }

  /** The other end; undefined on a server's udp socket, which has many. */
  get peer(): RpcAddress | undefined {
    return this.#client.transport.peer;
  }

  /** Whether it goes over TLS; of a lost one, whether it did. */
  get encrypted(): boolean {
    return this.#client.transport.encrypted === true;
  }

  /** Whether there is a connection at present. One that was lost is made again when a call needs it. */
  get connected(): boolean {
    return this.#client.connected;
  }

  /** @internal Whether it has ended since its peer has closed it: not by an error, and not by this side. */
  get wasClosedByPeer(): boolean {
    return this.#client.wasClosedByPeer;
  }

  /** Resolves when the connection has ended for good, for whatever reason. */
  get closed(): Promise<void> {
    return this.#client.closed;
  }

  /** How often a reply was accepted that strict decoding rejects (`xdr: "strict"` would make it an error). */
  get tolerated(): number {
    return this.#client.tolerated;
  }

  /** Calls that wait for their reply. */
  get outstanding(): number {
    return this.#client.outstanding;
  }

  /** Counts since the beginning. */
  stats(): ConnectionStats {
    return this.#client.stats();
  }

  /**
   * Calls a remote procedure. Generated clients call this. Rejects with an `RpcError`, whose `code` tells the case, and
   * never later than `timeoutMs`.
   */
  call<A, R>(procedure: RpcProcedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    // Its reply must be read, though the server's queue may have stopped the reading: what waits may wait for this call.
    if (this.#handler !== undefined) this.#client.transport.resume();
    if (this.#make === undefined) return this.#client.call(procedure, args, options);
    return this.#intercepted(this.#make, procedure, args, options, false) as Promise<R>;
  }

  /** An interceptor that is no async function may throw: that rejects, too. */
  async #intercepted<A, R>(
    make: ClientCallFunction,
    procedure: RpcProcedure<A, R>,
    args: A,
    options: CallOptions,
    isOneWay: boolean,
  ): Promise<unknown> {
    const erased = procedure as RpcProcedure<unknown, unknown>;
    const call: ClientCall = { procedure: erased, args, options, connection: this, isOneWay };
    return make(call);
  }

  /**
   * Calls a remote procedure and waits for no reply: a one-way, or batched, call. Resolves when there is room for another
   * one, so that a loop of them fills no memory; `flush` waits until all have left. Nothing tells whether they arrive.
   * Where there is no connection at present it waits for one as a call does, and no longer than the connection's `timeoutMs`. Rejects with an
   * `RpcError`, as a call that can't be sent. Interceptors see it as a call with `isOneWay`.
   */
  send<A>(procedure: RpcProcedure<A, unknown>, args: A, options: Pick<CallOptions, "auth"> = {}): Promise<void> {
    if (this.#make === undefined) return this.#client.send(procedure, args, options);
    return this.#intercepted(this.#make, procedure, args, options, true).then(() => undefined);
  }

  /**
   * Resolves when the system has taken all that was sent, also what waits for a connection still. Rejects with `RPC_CANTSEND` where the connection ended before:
   * then some of the one-way calls since the last `flush` are lost.
   */
  flush(): Promise<void> {
    return this.#client.flush();
  }

  /** Sends what is queued and closes. Calls in flight reject with `RPC_CLOSED`. Idempotent. */
  close(): Promise<void> {
    return this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Keeps the connection from being closed at rest (`idleTimeoutMs`) until the function that it returns is called: for what runs on behalf
   * of the other end. A server that is attached does so for its calls.
   */
  hold(): () => void {
    return this.#client.hold();
  }

  /** Lets the process end though the connection is open. */
  unref(): void {
    this.#client.unref();
  }

  /**
   * Answers calls from now on, until the function that it returns is called: `RpcServer.attach` calls it. Throws where
   * someone does so already.
   */
  serve(handler: CallHandler): () => void {
    if (this.#handler !== undefined) throw new Error("the connection has a server already");
    this.#handler = handler;
    return () => {
      if (this.#handler === handler) this.#handler = undefined;
    };
  }

  #receive(bytes: Uint8Array, from: RpcAddress, over: Transport): void {
    if (bytes.length < 8) return; // no xid and type: nobody to answer
    const type = wordAt(bytes, 4);
    if (type === MsgType.CALL) this.#handler?.(bytes, from, over, this);
    else if (type === MsgType.REPLY) this.#client.settle(bytes);
  }
}
