import { RpcError } from "../../error.ts";
import { MAX_TIMER_MS, OPEN_AGAIN_MS } from "../../limits.ts";
import { listen, stopListening } from "../../signals.ts";
import type { RpcAddress } from "../../address.ts";
import type { OpenOptions } from "../open.ts";
import { type HostStream, StreamTransport } from "../stream.ts";
import { type PeerProcess, ProcessWatch, ownProcess, parseProcess, writeProcess } from "./peer-process.ts";
import { type PieceOutlet, PieceStream } from "./piece-stream.ts";
import { type Piece, type PieceKind, kinds, makePiece } from "./piece.ts";

/** What carries the pieces of a client. */
export interface ClientCarrier {
  readonly outlet: PieceOutlet;
  /** Resolves when all that has come by now has been handed over. */
  flush(): Promise<void>;
  /** Ends it, once what waits for room has been sent, or nobody is there to take it. */
  close(isServerGone: boolean): void;
  unref(): void;
}

/** One of what reads pieces and what sends them. */
export function carrierOf(
  reader: { flush(): Promise<void>; close(): void; unref(): void },
  sender: { close(isNow: boolean): void; unref(): void },
  outlet: PieceOutlet,
): ClientCarrier {
  return {
    outlet,
    flush: () => reader.flush(),
    close: (isServerGone) => {
      reader.close();
      sender.close(isServerGone);
    },
    unref: () => {
      reader.unref();
      sender.unref();
    },
  };
}

/** Makes a carrier, which hands over the pieces that come, and tells where none can come any more. */
export type MakeCarrier = (
  received: (piece: Piece | undefined) => void,
  failed: (error: Error) => void,
) => ClientCarrier;

/** The client's end of a stream. */
export class PieceClient {
  readonly #name: { readonly id: number; readonly nonce: number };
  readonly #carrier: ClientCarrier;
  readonly #stream: PieceStream;
  #watch: ProcessWatch | undefined;
  #isUnreferenced = false;
  #isOpen = false;
  /** Nobody takes what waits to be sent. */
  #isServerDead = false;
  #opened: (server: PeerProcess) => void = () => undefined;
  #refused: (error: Error) => void = () => undefined;

  constructor(name: { readonly id: number; readonly nonce: number }, make: MakeCarrier) {
    this.#name = name;
    this.#carrier = make(
      (piece) => {
        this.#receive(piece);
      },
      (error) => {
        this.#gone(error);
      },
    );
    const { outlet } = this.#carrier;
    const unref = (): void => {
      this.#isUnreferenced = true;
      this.#carrier.unref();
      this.#watch?.unref();
    };
    this.#stream = new PieceStream({
      ...name,
      answersGone: true,
      outlet: {
        maxDataBytes: outlet.maxDataBytes,
        room: (underWay) => outlet.room(underWay),
        trySend: (piece) => outlet.trySend(piece),
        send: (piece) => outlet.send(piece),
        unref,
      },
    });
    this.#stream.once("close", () => {
      this.#watch?.close();
      this.#carrier.close(this.#isServerDead);
    });
  }

  /** Asks the server for the stream. Rejects where it does not answer in time, or has ended. */
  async open(netid: HostStream, to: RpcAddress, options: OpenOptions): Promise<StreamTransport> {
    const { signal, timeoutMs } = options;
    // Nobody listens to it yet.
    const failed = (error: Error): void => {
      this.#refused(error);
    };
    this.#stream.on("error", failed);
    const abort = (): void => {
      this.#refused(signal?.reason as Error);
    };
    if (signal !== undefined) listen(signal, abort);
    const late = setTimeout(
      () => {
        this.#refused(new Error(`no connection within ${timeoutMs} ms`));
      },
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
    const again = setInterval(() => {
      this.#ask();
    }, OPEN_AGAIN_MS);
    try {
      signal?.throwIfAborted();
      const server = await new Promise<PeerProcess>((resolve, reject) => {
        this.#opened = resolve;
        this.#refused = reject;
        this.#ask();
      });
      this.watch(server);
    } catch (error) {
      this.#stream.destroy();
      throw error;
    } finally {
      clearTimeout(late);
      clearInterval(again);
      if (signal !== undefined) stopListening(signal, abort);
    }
    const reasonOfEnd = (): Promise<Error | undefined> => Promise.resolve(this.#stream.reasonOfEnd);
    const transport = new StreamTransport(this.#stream, netid, {
      ...options,
      end: "connected",
      path: to.path,
      reasonOfEnd,
    });
    this.#stream.off("error", failed);
    return transport;
  }

  /** The server ends with its process. @throws `ESRCH`: it has */
  watch(server: PeerProcess): void {
    if (this.#watch !== undefined) return;
    this.#watch = new ProcessWatch(server, () => {
      void this.#carrier.flush().then(() => {
        this.#gone(new Error(`the server's process ${server.pid} has ended`));
      });
    });
    if (this.#isUnreferenced) this.#watch.unref();
  }

  /** It is not opened after all. */
  destroy(): void {
    this.#stream.destroy();
  }

  #ask(): void {
    const data = Buffer.from(writeProcess(ownProcess()), "latin1");
    const piece = makePiece({ ...this.#name, kind: kinds.open, flags: 0, offset: 0, taken: 0 }, data.length);
    piece.set(data, piece.length - data.length);
    try {
      this.#carrier.outlet.trySend(piece); // else it is asked again
    } catch (error) {
      this.#gone(error as Error);
    }
  }

  #receive(piece: Piece | undefined): void {
    if (piece?.id !== this.#name.id || piece.nonce !== this.#name.nonce) return;
    const kind: PieceKind = piece.kind;
    if (kind === kinds.accept) {
      const server = parseProcess(Buffer.from(piece.data).toString("latin1"));
      this.#isOpen = server !== undefined;
      if (server !== undefined) this.#opened(server);
    } else if (this.#isOpen) this.#stream.receive(piece);
    else if (kind === kinds.gone) this.#refused(refused());
  }

  /** The server has ended, or what leads to it. */
  #gone(error: Error): void {
    this.#isServerDead = true;
    this.#refused(error);
    if (!this.#stream.destroyed) this.#stream.peerGone(error);
  }
}

function refused(): Error {
  return Object.assign(new Error("the server takes no connections"), { code: "ECONNREFUSED" });
}

/** As of a socket at which nobody listens. */
export function nobodyListens(to: RpcAddress, why: string, cause?: unknown): RpcError {
  return new RpcError("RPC_CANTCONNECT", `can't connect: ${why}`, { peer: to, cause });
}
