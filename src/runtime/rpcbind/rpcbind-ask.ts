import type { ClientAuth } from "../auth/flavor.ts";
import { broadcast } from "../broadcast.ts";
import type { CallOptions } from "../connection-options.ts";
import type { RpcConnection } from "../connection.ts";
import { RpcError } from "../error.ts";
import { LOOKUP_RETRY_MS } from "../limits.ts";
import type { RpcProcedure } from "../procedure.ts";

/** Asks over one connection; what a call's options leave out is as the client was made. */
export class PortmapperCalls {
  readonly connection: RpcConnection;
  readonly #timeoutMs: number;
  readonly #auth: ClientAuth | undefined;

  /** @param auth of calls that leave by another socket than the connection's, which knows its own */
  constructor(connection: RpcConnection, timeoutMs: number, auth: ClientAuth | undefined) {
    this.connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#auth = auth;
  }

  /** A call that may run twice. Over udp it is repeated, since no answer may mean that it was lost. */
  async ask<A, R>(procedure: RpcProcedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    const udp = this.connection.transport.startsWith("udp");
    let left = options.timeoutMs ?? this.#timeoutMs;
    for (let tryMs = udp ? LOOKUP_RETRY_MS : left; ; tryMs *= 2) {
      const timeoutMs = Math.min(tryMs, left);
      left -= timeoutMs;
      try {
        return await this.connection.call(procedure, args, { ...options, timeoutMs });
      } catch (error) {
        if (!(error instanceof RpcError && error.code === "RPC_TIMEDOUT" && left > 0)) throw error;
      }
    }
  }

  /**
   * A call that hands on another, which may be one that must not run twice: what is sent again has the same xid. Over udp rpcbind
   * answers it from another port than it was asked at, so a socket of its own takes the reply, whoever sends it.
   */
  async handOn<A, R>(procedure: RpcProcedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    const { timeoutMs = this.#timeoutMs, signal, auth = this.#auth } = options;
    const { transport, peer } = this.connection;
    if (!transport.startsWith("udp") || peer === undefined) {
      return this.connection.call(procedure, args, { ...options, timeoutMs });
    }
    let refusal: RpcError | undefined;
    const ended = new AbortController();
    const signals = [ended.signal, ...(signal === undefined ? [] : [signal])];
    try {
      const replies = broadcast(procedure, args, {
        addresses: [peer.host],
        port: peer.port,
        maxReplies: 1,
        timeoutMs,
        signal: AbortSignal.any(signals),
        ...(auth !== undefined && { auth }),
        onError: (error) => {
          refusal = error;
          ended.abort();
        },
      });
      for await (const { result } of replies) return result;
    } catch (error) {
      throw refusal ?? error;
    }
    throw new RpcError("RPC_TIMEDOUT", `no reply within ${timeoutMs} ms`, { procedure, peer });
  }
}
