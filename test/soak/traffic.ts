/** Clients that come and go. */
import {
  type BoundAddress,
  NO_REPLY,
  type RpcConnection,
  type RpcContext,
  RpcError,
  RpcServer,
  connect,
} from "../../src/runtime/index.ts";
import { rawClient } from "../runtime/conformance/raw.ts";
import { BLOB, ECHO, RUN, SERVICE, TEXT, call, connectTo, testService } from "../runtime/support.ts";

/** What RUN does, by its argument. */
const FAILS = 1;
const REJECTS = 2;
const SAYS_NOTHING = 3;
const LASTS = 4;

/** Outcomes without which a soak has not tried what it is to try. */
const EXPECTED = ["answered", "RPC_ABORTED", "RPC_TIMEDOUT", "RPC_SYSTEMERROR", "RPC_AUTHERROR", "RPC_CLOSED"] as const;

/** A handler that lasts until nobody waits for it any more. */
function run(arg: number, ctx: RpcContext): number | typeof NO_REPLY | Promise<number> {
  if (arg === FAILS) throw new Error("as it should");
  if (arg === REJECTS) ctx.reject("AUTH_TOOWEAK");
  if (arg === SAYS_NOTHING) return NO_REPLY;
  if (arg !== LASTS) return arg;
  return new Promise((resolve) => {
    const { signal } = ctx;
    signal.addEventListener("abort", () => {
      resolve(arg);
    });
  });
}

export class Traffic {
  readonly server: RpcServer;
  /** By outcome: `answered`, or the error's code. */
  readonly outcomes: Map<string, number> = new Map<string, number>();
  rounds = 0;
  calls = 0;
  readonly #bound: readonly BoundAddress[];
  /** Connections that stay. */
  readonly #lasting: readonly RpcConnection[];

  private constructor(server: RpcServer, bound: readonly BoundAddress[], lasting: readonly RpcConnection[]) {
    this.server = server;
    this.#bound = bound;
    this.#lasting = lasting;
  }

  static async start(): Promise<Traffic> {
    // A call whose client is gone lasts no longer than this over udp, which has no ends.
    const options = { onError: () => undefined, callTimeoutMs: 200, duplicateCache: { maxEntries: 256 } };
    const server = new RpcServer(options).add(testService(run));
    const bound = await server.listen({ host: "127.0.0.1", portmap: "off" });
    const lasting = await Promise.all(bound.map((address) => connect(SERVICE, connectTo(address))));
    return new Traffic(server, bound, lasting);
  }

  get outstanding(): number {
    return this.#lasting.reduce((sum, { outstanding }) => sum + outstanding, 0);
  }

  /** Clients of each transport come, call, and go in each of the ways that there are. */
  async round(): Promise<void> {
    this.rounds++;
    await Promise.all(
      this.#bound.map(async (address, i) => {
        const lasting = this.#lasting[i] as RpcConnection;
        await Promise.all([this.#some(lasting), this.#visit(address), this.#visit(address), this.#dies(address)]);
      }),
    );
  }

  /** Resolves when nothing is under way. */
  async rest(): Promise<void> {
    const lasting = this.#lasting.length; // a udp socket counts as one, whether there are clients or not
    const isBusy = (): boolean =>
      this.outstanding > 0 || this.server.stats().running > 0 || this.server.connections > lasting;
    for (const end = performance.now() + 5000; isBusy() && performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What should have happened and has not. */
  missing(): string[] {
    return EXPECTED.filter((outcome) => !this.outcomes.has(outcome)).map((outcome) => `no call ended with ${outcome}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#lasting.map((connection) => connection.close()));
    await this.server.close();
  }

  async #counted(made: Promise<unknown>): Promise<void> {
    this.calls++;
    const outcome = await made.then(
      () => "answered",
      (error: unknown) => {
        if (error instanceof RpcError) return error.code;
        throw error;
      },
    );
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  /** Calls of each kind, at the same time. */
  async #some(by: RpcConnection): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    const ended = [
      by.call(ECHO, 1),
      by.call(TEXT, "some text"),
      by.call(BLOB, new Uint8Array(4000)),
      by.call(ECHO, 2, { signal }),
      by.call(RUN, FAILS),
      by.call(RUN, REJECTS),
      by.call(RUN, SAYS_NOTHING, { timeoutMs: 5 }),
      by.call(RUN, LASTS, { signal }),
      by.call(RUN, LASTS, { timeoutMs: 5 }),
    ].map((made) => this.#counted(made));
    await by.send(ECHO, 3);
    setImmediate(() => {
      controller.abort();
    });
    await Promise.all(ended);
  }

  async #visit(address: BoundAddress): Promise<void> {
    const connection = await connect(SERVICE, connectTo(address));
    await this.#some(connection);
    // Some go in the middle of a call.
    const left = this.#counted(connection.call(RUN, LASTS));
    await connection.close();
    await left;
  }

  /** A client that goes without a word, in the middle of a call or of a message. */
  async #dies(address: BoundAddress): Promise<void> {
    const client = await rawClient(address);
    client.send(call(this.rounds, RUN.number, LASTS));
    client.send(call(this.rounds, TEXT.number, 0xffff_ffff).subarray(0, 20));
    await client.die();
  }
}
