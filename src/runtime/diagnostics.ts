/**
 * `node:diagnostics_channel` events of calls. A channel without subscribers costs a look at a flag.
 *
 * | channel | message |
 * |---|---|
 * | `tsrpcgen.client.call.start`, `tsrpcgen.client.call.end` | {@link ClientCallEvent} |
 * | `tsrpcgen.server.call.start`, `tsrpcgen.server.call.end` | {@link ServerCallEvent} |
 * | `tsrpcgen.server.answer` | {@link ServerAnswerEvent} |
 * @module
 */
import { type Channel, channel } from "node:diagnostics_channel";
import type { TransportName, RpcAddress } from "./address.ts";
import type { AnswerReason } from "./answers.ts";
import type { RpcContext } from "./context.ts";
import type { RpcError } from "./error.ts";
import { debugCalls } from "./debug.ts";
import type { RpcProcedureId } from "./procedure.ts";

/** A call that this process makes: one object at its start and at its end. */
export interface ClientCallEvent {
  readonly xid: number;
  readonly procedure: RpcProcedureId;
  readonly transport: TransportName;
  readonly peer: RpcAddress | undefined;
  /** It waits for no reply: it ends when it is sent. */
  readonly isOneWay: boolean;
  /** At the end of a call that failed; undefined where it was answered. */
  error?: RpcError | undefined;
  /** Milliseconds, at the end. */
  durationMs?: number;
}

/** A call that this process answers: one object at its start and at its end. */
export interface ServerCallEvent {
  readonly ctx: RpcContext;
  /** At the end: `SUCCESS`, `NO_REPLY`, or what the caller was told instead of a result. */
  outcome?: string;
  /** What the handler threw, if it did. */
  error?: unknown;
  /** Milliseconds, at the end. */
  durationMs?: number;
}

/** A call that this process answers without a handler: one message, when the answer is sent. */
export interface ServerAnswerEvent {
  readonly xid: number;
  readonly peer: RpcAddress;
  readonly transport: TransportName;
  /** Whether the call came over TLS. */
  readonly encrypted: boolean;
  /**
   * What was called; a program and a procedure that the server does not have are named by their numbers (`0x20000099`, `7`). Undefined where the
   * header does not tell. Anyone can call any number: nothing that is kept should go by these.
   */
  readonly procedure: RpcProcedureId | undefined;
  /** What the caller was told. */
  readonly reason: AnswerReason;
}

class AnswerChannel {
  readonly #channel: Channel = channel("tsrpcgen.server.answer");

  publish(make: () => ServerAnswerEvent): void {
    if (this.#channel.hasSubscribers) this.#channel.publish(make());
  }
}

class CallChannels<Event extends { durationMs?: number }> {
  readonly #start: Channel;
  readonly #end: Channel;
  readonly #startedAtMs = new WeakMap<Event, number>();

  constructor(side: "client" | "server") {
    this.#start = channel(`tsrpcgen.${side}.call.start`);
    this.#end = channel(`tsrpcgen.${side}.call.end`);
  }

  /** Whether anybody listens: else a call needs no event. */
  get isWatched(): boolean {
    return this.#start.hasSubscribers || this.#end.hasSubscribers;
  }

  /** A call starts. */
  start(event: Event): Event {
    this.#startedAtMs.set(event, performance.now());
    this.#start.publish(event);
    return event;
  }

  end(event: Event): void {
    event.durationMs = performance.now() - (this.#startedAtMs.get(event) ?? performance.now());
    this.#end.publish(event);
  }
}

export const clientCalls: CallChannels<ClientCallEvent> = new CallChannels("client");
export const serverCalls: CallChannels<ServerCallEvent> = new CallChannels("server");
export const serverAnswers: AnswerChannel = new AnswerChannel();

// Here, and not in index.ts: the package says that its modules have no side effects, and a bundler may take it at its word.
if (process.env.TSRPC_DEBUG?.split(",").includes("calls") === true) debugCalls();
