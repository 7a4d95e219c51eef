/** The server's side of shm: who is offered it, on local connections. */
import type { AuthDecision } from "./auth/flavor.ts";
import { AUTH_SHM, isShmProbe, shmAnswer } from "./auth/shm.ts";
import type { IncomingCall } from "./incoming-call.ts";
import { DEFAULT_MAX_CONNECTIONS, SHM_RING_BYTES } from "./limits.ts";
import { type MessageLimits, streamOptions } from "./open-connection.ts";
import type { ByteBudget } from "./transport/byte-budget.ts";
import { whyNoPrimitives } from "./transport/native.ts";
import type { ShmOffers } from "./transport/shm/offers.ts";
import { StreamTransport } from "./transport/stream.ts";
import type { Transport } from "./transport/transport.ts";

/** How a server speaks shm. */
export interface ServerShmOptions {
  /** Bytes of each of a connection's two rings: a power of two from 4096 on. Default 512 KiB. */
  readonly ringBytes?: number;
  /**
   * Microseconds to look for a client's next call behind each reply, on a processor that nothing else needs: the event loop does nothing else
   * meanwhile. Default: up to 50, where the client has been calling within such a time.
   */
  readonly busyPollUs?: number;
}

export interface ServerShmContext extends MessageLimits {
  readonly maxConnections?: number;
  readonly budget: ByteBudget;
  readonly accept: (transport: Transport) => void;
}

const REFUSED: AuthDecision = { kind: "reject", authStat: "AUTH_REJECTEDCRED" };

/** Answers the question of clients that want to go on in shared memory, in front of their credentials. */
export class ServerShm {
  readonly #options: ServerShmOptions | undefined;
  readonly #context: ServerShmContext;
  #offers: ShmOffers | undefined;
  #connections = 0;
  #isClosed = false;

  /** @param options false: it is never offered */
  constructor(options: boolean | ServerShmOptions, context: ServerShmContext) {
    this.#options = options === false ? undefined : options === true ? {} : options;
    this.#context = context;
  }

  /** Undefined where shm has nothing to say of the call. */
  decide(call: IncomingCall): AuthDecision | Promise<AuthDecision> | undefined {
    const { over, credential } = call;
    if (credential.flavor !== AUTH_SHM) return undefined;
    const isAsked = over instanceof StreamTransport && over.netid === "local" && over.isAccepted;
    if (!isAsked || call.procedure !== 0 || !isShmProbe(credential)) return REFUSED;
    if (this.#options === undefined || whyNoPrimitives() !== undefined || !this.#hasRoom) return REFUSED;
    // Where it fails (a system without abstract names, no descriptors left), the connection stays as it is.
    return this.#offer(over, this.#options).catch(() => REFUSED);
  }

  /** Offers nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#offers?.close();
  }

  /** Those who have been asked to come count as those who have come. */
  get #hasRoom(): boolean {
    const { maxConnections = DEFAULT_MAX_CONNECTIONS } = this.#context;
    if (this.#isClosed) return false;
    return this.#connections + (this.#offers?.count ?? 0) < maxConnections;
  }

  async #offer(over: StreamTransport, options: ServerShmOptions): Promise<AuthDecision> {
    const { ringBytes = SHM_RING_BYTES, busyPollUs } = options;
    const [{ ShmOffers: Offers }, { ShmTransport }] = await Promise.all([
      import("./transport/shm/offers.ts"),
      import("./transport/shm/transport.ts"),
    ]);
    const credentials = over.credentials();
    this.#offers ??= new Offers(ringBytes);
    if (credentials === undefined || !this.#hasRoom || !this.#offers.hasRoomFor(credentials)) return REFUSED;
    const { accept, budget } = this.#context;
    const { records, stallTimeoutMs } = streamOptions(this.#context, budget);
    const name = this.#offers.make({ credentials, path: over.local.path }, (channel) => {
      const transport = new ShmTransport(channel, { records, stallTimeoutMs, busyPollUs });
      this.#connections++;
      void transport.closed.then(() => this.#connections--);
      if (this.#isClosed) transport.destroy(new Error("the server closes"));
      else accept(transport);
    });
    return { kind: "answer", verifier: shmAnswer(name) };
  }
}
