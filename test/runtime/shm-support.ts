/** Ends of shm connections, at which tests stand with their own hands. */
import { socketpair } from "../../src/ipc/index.ts";
import { type BoundAddress, type ConnectOptions, RpcServer, type RpcService } from "../../src/runtime/index.ts";
import type { ServerOptions } from "../../src/runtime/index.ts";
import { type ShmChannel, makeChannel, takeChannel } from "../../src/runtime/transport/shm/channel.ts";
import { type ShmEnd, type ShmView, viewOf } from "../../src/runtime/transport/shm/layout.ts";
import type { RecordLimits } from "../../src/runtime/transport/record-marking.ts";
import { type ShmOptions, ShmTransport } from "../../src/runtime/transport/shm/transport.ts";
import { whyNoAddon } from "../native/addon.ts";
import { testService } from "./support.ts";

/** Skips a suite where there is no shm. */
export function skipUnlessShm(this: Mocha.Context): void {
  const why = process.platform === "linux" ? whyNoAddon() : "shm needs Linux";
  if (why === undefined) return;
  console.log(`      skipped: ${why}`);
  this.skip();
}

const OF = { credentials: { uid: 0, gid: 0 }, path: "/somewhere" };

/** Both ends of a connection, in this process. */
export function channels(ringBytes = 4096): Record<ShmEnd, ShmChannel> {
  const [a, b] = socketpair({ type: "seqpacket" });
  const { channel: server, memory } = makeChannel(a, { ...OF, ringBytes });
  return { server, client: takeChannel(b, [memory], OF) };
}

/** What an end of a channel sees. */
export function view({ mapping, ringBytes, end }: ShmChannel): ShmView {
  return viewOf(mapping.buffer, ringBytes, end);
}

export const RECORDS: RecordLimits = { maxBytes: 16 * 1024 * 1024, maxFragments: 4096 };

/** An end that keeps what it is told. */
export class Told {
  readonly transport: ShmTransport;
  readonly messages: Buffer[] = [];
  /** Undefined: it has ended without an error. */
  end: Error | "open" | undefined = "open";
  /** Called with each message. */
  onMessage: (message: Buffer) => void = () => undefined;
  #wake: () => void = () => undefined;

  constructor(channel: ShmChannel, options: Partial<ShmOptions> = {}) {
    this.transport = new ShmTransport(channel, { records: RECORDS, stallTimeoutMs: Infinity, ...options });
    this.transport.start({
      message: (bytes) => {
        const message = Buffer.from(bytes);
        this.messages.push(message);
        this.onMessage(message);
        this.#wake();
      },
      lost: () => undefined,
      closed: (error) => {
        this.end = error;
        this.#wake();
      },
    });
  }

  /** Resolves as soon as it has been told enough. */
  async until(enough: () => boolean): Promise<void> {
    while (!enough()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Resolves with so many messages, of all that came. */
  async got(count: number): Promise<Buffer[]> {
    await this.until(() => this.messages.length >= count || this.end !== "open");
    if (this.messages.length < count) throw new Error(`it ended with ${this.messages.length} messages`);
    return this.messages;
  }

  async ended(): Promise<Error | undefined> {
    await this.until(() => this.end !== "open");
    return this.end as Error | undefined;
  }
}

/** Both ends of a connection in this process, started. */
export function pair(ringBytes?: number, options: Partial<ShmOptions> = {}): Record<ShmEnd, Told> {
  const { client, server } = channels(ringBytes);
  return { client: new Told(client, options), server: new Told(server, options) };
}

/** A server of the test service on a UNIX socket alone, and how to reach it by shm. */
export async function serveShm(
  options: ServerOptions = {},
  service: RpcService = testService(),
): Promise<{ server: RpcServer; path: string; to: ConnectOptions }> {
  const server = new RpcServer(options).add(service);
  const [bound] = (await server.listen({ tcp: false, udp: false, portmap: "off" })) as [BoundAddress];
  return { server, path: bound.path, to: { path: bound.path, transport: "shm", timeoutMs: 10_000 } };
}

/** Bytes that tell where they belong. */
export function patterned(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + seed * 13 + (at >> 8)) & 0xff;
  return bytes;
}
