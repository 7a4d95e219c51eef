import { FLUSH_TIMEOUT_MS } from "../../limits.ts";
import { type PeerProcess, ProcessWatch, ownProcess, parseProcess, writeProcess } from "./peer-process.ts";
import { type PieceOutlet, PieceStream } from "./piece-stream.ts";
import { type Piece, kinds, makePiece } from "./piece.ts";

/** The way back to one client. */
export interface ClientOutlet extends PieceOutlet {
  /** The client takes nothing more: what waits for it is removed. */
  finish(): void;
}

/** What carries the pieces of a server. */
export interface ServerCarrier {
  /** The way back to a client that asks for a stream. Throws where there is none. */
  outletTo(open: Piece, client: PeerProcess): ClientOutlet;
  /** Resolves when all that has come by now has been handed over. */
  flush(): Promise<void>;
}

/** A client's stream, until the client has gone and the server has no use for it. */
interface Session {
  readonly stream: PieceStream;
  readonly outlet: ClientOutlet;
  readonly watch: ProcessWatch;
}

/** The server's end of all streams that go over one carrier: each client's has a number, and ends with its process. */
export class PieceServer {
  readonly #carrier: ServerCarrier;
  readonly #accept: (stream: PieceStream) => void;
  readonly #sessions = new Map<number, Session>();
  #isStopped = false;
  #released: () => void = () => undefined;

  constructor(carrier: ServerCarrier, accept: (stream: PieceStream) => void) {
    this.#carrier = carrier;
    this.#accept = accept;
  }

  /** A piece has come, or something else. */
  receive(piece: Piece | undefined): void {
    if (piece === undefined) return;
    const session = this.#sessions.get(piece.id);
    if (piece.kind === kinds.open) {
      if (session === undefined) this.#open(piece);
      return;
    }
    if (session === undefined || session.stream.nonce !== piece.nonce) return;
    const { stream } = session;
    if (stream.destroyed && piece.kind === kinds.gone) stream.peerGone(undefined);
    else stream.receive(piece);
    this.#releaseWhereOver(session);
  }

  /**
   * No new streams. Resolves when the last has ended, and its client has taken what it was sent: but after a while it is taken for dead.
   */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { stream } of [...this.#sessions.values()]) {
      if (!stream.closed) await new Promise((resolve) => stream.once("close", resolve));
    }
    if (this.#sessions.size > 0) {
      await new Promise<void>((resolve) => {
        this.#released = resolve;
        setTimeout(resolve, FLUSH_TIMEOUT_MS);
      });
    }
    for (const { outlet, watch } of this.#sessions.values()) {
      watch.close();
      outlet.finish();
    }
    this.#sessions.clear();
  }

  #open(piece: Piece): void {
    const { id, nonce } = piece;
    const client = parseProcess(Buffer.from(piece.data).toString("latin1"));
    if (client === undefined) return;
    let outlet: ClientOutlet | undefined;
    let watch: ProcessWatch | undefined;
    try {
      watch = new ProcessWatch(client, () => void this.#died(id, nonce, client));
      outlet = this.#carrier.outletTo(piece, client);
      this.#answer(piece, outlet);
    } catch {
      // It has ended by now, or is nobody that can be answered.
      watch?.close();
      outlet?.finish();
      return;
    }
    if (this.#isStopped) {
      watch.close();
      return;
    }
    const stream = new PieceStream({ id, nonce, outlet });
    const session = { stream, outlet, watch };
    this.#sessions.set(id, session);
    stream.on("error", () => undefined); // its transport's to tell, and there may be none
    stream.once("close", () => {
      this.#releaseWhereOver(session);
    });
    this.#accept(stream);
  }

  /** Whether there is a stream now. A client that can't be answered at once would wait in the way of others: it asks again. */
  #answer({ id, nonce }: Piece, outlet: ClientOutlet): void {
    const data = Buffer.from(writeProcess(ownProcess()), "latin1");
    const kind = this.#isStopped ? kinds.gone : kinds.accept;
    const answer = makePiece({ id, nonce, kind, flags: 0, offset: 0, taken: 0 }, data.length);
    answer.set(data, answer.length - data.length);
    if (!outlet.trySend(answer)) outlet.send(answer).catch(() => undefined);
  }

  /** What a process has sent before its end is there still. */
  async #died(id: number, nonce: number, { pid }: PeerProcess): Promise<void> {
    await this.#carrier.flush();
    const session = this.#sessions.get(id);
    if (session === undefined || session.stream.nonce !== nonce) return;
    session.stream.peerGone(new Error(`the client's process ${pid} has ended`));
    this.#releaseWhereOver(session);
  }

  #releaseWhereOver(session: Session): void {
    const { stream, outlet, watch } = session;
    // What is sent to a client that has gone would lie there for ever; what it has sent, it may have sent to the end.
    if (!stream.isPeerGone) return;
    outlet.finish();
    if (!stream.destroyed || this.#sessions.get(stream.id) !== session) return;
    watch.close();
    this.#sessions.delete(stream.id);
    if (this.#sessions.size === 0) this.#released();
  }
}
