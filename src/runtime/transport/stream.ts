import type { Socket } from "node:net";
import { RpcAddress } from "../address.ts";
import type { Netid } from "../address.ts";
import { FLUSH_TIMEOUT_MS } from "../limits.ts";
import { type PeerCredentials, peerCredentials } from "./native.ts";
import { RecordReader, type RecordLimits, frameRecord } from "./record-marking.ts";
import type { Transport, TransportSink } from "./transport.ts";

/** A connected tcp or UNIX socket with record marking. */
export class StreamTransport implements Transport {
  readonly netid: Netid;
  readonly local: RpcAddress;
  readonly peer: RpcAddress;
  readonly maxMessageBytes: number;
  readonly #socket: Socket;
  readonly #records: RecordReader;
  readonly #closed: Promise<void>;
  readonly #accepted: boolean;
  #corked = false;
  #credentials: PeerCredentials | undefined;

  /** `end` says which end of the connection this is; `path` is that of the server's UNIX socket. */
  constructor(socket: Socket, netid: Netid, limits: RecordLimits, end: "accepted" | "connected", path = "") {
    this.#socket = socket;
    this.#accepted = end === "accepted";
    this.netid = netid;
    this.maxMessageBytes = limits.maxBytes;
    this.#records = new RecordReader(limits);
    if (netid === "local") {
      this.local = RpcAddress.local(this.#accepted ? path : "");
      this.peer = RpcAddress.local(this.#accepted ? "" : path);
    } else {
      socket.setNoDelay(true);
      // A socket that the peer has reset already has no addresses.
      this.local = RpcAddress.inet(netid, socket.localAddress ?? "0.0.0.0", socket.localPort ?? 0);
      this.peer = RpcAddress.inet(netid, socket.remoteAddress ?? "0.0.0.0", socket.remotePort ?? 0);
    }
    this.#closed = new Promise((resolve) => socket.once("close", () => { resolve(); })); // prettier-ignore
  }

  start(sink: TransportSink): void {
    let failure: Error | undefined;
    let told = false;
    const closed = (): void => {
      if (!told) sink.closed(failure);
      told = true;
    };
    this.#socket.on("error", (error) => {
      failure ??= error;
    });
    this.#socket.once("close", closed);
    // Nothing comes any more, though what we wrote may never be read, and "close" then never come by itself.
    this.#socket.once("end", () => {
      closed();
      void this.close();
    });
    if (this.#accepted) this.#socket.on("drain", () => this.#socket.resume());
    this.#socket.on("data", (piece) => {
      try {
        this.#records.push(piece, (record) => {
          sink.message(record, this.peer);
        });
      } catch (error) {
        this.#socket.destroy(error as Error); // a RecordError: the sink does not throw
      }
    });
  }

  send(message: Uint8Array): void {
    if (!this.#socket.writable) return;
    // What is sent in one tick goes out in one system call.
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    const room = this.#socket.write(frameRecord(message));
    // A server reads no further calls from a client that does not read its replies: they would fill the memory. A client
    // always reads: if both ends waited for the other to read, neither would ever go on.
    if (!room && this.#accepted) this.#socket.pause();
  }

  async close(): Promise<void> {
    if (!this.#socket.destroyed) {
      const timer = setTimeout(() => this.#socket.destroy(), FLUSH_TIMEOUT_MS);
      this.#socket.end(() => {
        // The peer may keep its half open for ever.
        this.#socket.destroy();
      });
      await this.#closed;
      clearTimeout(timer);
    }
    await this.#closed;
  }

  credentials(): PeerCredentials | undefined {
    if (this.netid !== "local") return undefined;
    // The descriptor is Node's own business, but nothing else leads to SO_PEERCRED.
    const fd = (this.#socket as { _handle?: { fd?: number } | null })._handle?.fd;
    if (this.#credentials !== undefined || fd === undefined || fd < 0) return this.#credentials;
    try {
      return (this.#credentials = peerCredentials(fd));
    } catch {
      return undefined; // a connection that ended meanwhile: nothing is proven
    }
  }

  unref(): void {
    this.#socket.unref();
  }
}
