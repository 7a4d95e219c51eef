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
  #corked = false;
  #credentials: PeerCredentials | undefined;

  /** `path` is the path of the UNIX socket; for the server's end of it, that of its own. */
  constructor(socket: Socket, netid: Netid, limits: RecordLimits, path?: { local?: string; peer?: string }) {
    this.#socket = socket;
    this.netid = netid;
    this.maxMessageBytes = limits.maxBytes;
    this.#records = new RecordReader(limits);
    if (netid === "local") {
      this.local = RpcAddress.local(path?.local ?? "");
      this.peer = RpcAddress.local(path?.peer ?? "");
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
    this.#socket.on("error", (error) => {
      failure ??= error;
    });
    this.#socket.once("close", () => {
      sink.closed(failure);
    });
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
    this.#socket.write(frameRecord(message));
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
    if (this.#credentials === undefined && fd !== undefined && fd >= 0) this.#credentials = peerCredentials(fd);
    return this.#credentials;
  }

  unref(): void {
    this.#socket.unref();
  }
}
