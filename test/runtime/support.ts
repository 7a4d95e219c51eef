/** What the runtime's tests share: a service, raw messages, and a table of transports. */
import { once } from "node:events";
import { type Socket, connect as connectSocket } from "node:net";
import {
  type BoundAddress,
  type ConnectOptions,
  type HandlerResult,
  type ListenOptions,
  type RpcContext,
  type RpcProcedure,
  RpcServer,
  type RpcService,
  type ServerOptions,
  method,
  rpcService,
} from "../../src/runtime/index.ts";
import { type XdrCodec, XdrWriter, int32Codec, stringCodec, voidCodec } from "../../src/xdr/index.ts";

export const PROGRAM = 0x2000_0042;
export const VERSION = 3;

function procedure<A, R>(number: number, name: string, args: XdrCodec<A>, result: XdrCodec<R>): RpcProcedure<A, R> {
  return { program: PROGRAM, programName: "TEST_PROG", version: VERSION, number, name, args, result };
}

const blobCodec: XdrCodec<Uint8Array> = {
  encode: (w, value) => {
    w.opaque(value, "blob");
  },
  decode: (r) => r.opaque("blob"),
};

export const ECHO: RpcProcedure<number, number> = procedure(1, "ECHO", int32Codec, int32Codec);
export const TEXT: RpcProcedure<string, string> = procedure(2, "TEXT", stringCodec, stringCodec);
export const BLOB: RpcProcedure<Uint8Array, Uint8Array> = procedure(3, "BLOB", blobCodec, blobCodec);
export const RUN: RpcProcedure<number, number> = procedure(4, "RUN", int32Codec, int32Codec);
export const NOTHING: RpcProcedure<void, void> = procedure(5, "NOTHING", voidCodec, voidCodec);
export const ABSENT: RpcProcedure<void, void> = procedure(99, "ABSENT", voidCodec, voidCodec);

/** A service that echoes; RUN does what the test says. */
export function testService(run: (arg: number, ctx: RpcContext) => HandlerResult<number> = (arg) => arg): RpcService {
  return rpcService("TEST_PROG", PROGRAM, VERSION, [
    method(
      ECHO,
      (arg: number) => arg,
      (handler, arg) => handler(arg),
    ),
    method(
      TEXT,
      async (arg: string) => Promise.resolve(arg),
      (handler, arg) => handler(arg),
    ),
    method(
      BLOB,
      (arg: Uint8Array) => arg,
      (handler, arg) => handler(arg),
    ),
    method(RUN, run, (handler, arg, ctx) => handler(arg, ctx)),
    method(
      NOTHING,
      () => undefined,
      (handler) => {
        handler();
      },
    ),
    method(ABSENT, undefined, () => undefined),
  ]);
}

export const TRANSPORTS = ["tcp", "udp", "local"] as const;
export type TestTransport = (typeof TRANSPORTS)[number];

/** Where to listen for one transport alone, on loopback, without a portmapper. */
export function listenOn(transport: TestTransport): ListenOptions {
  return { host: "127.0.0.1", tcp: false, udp: false, local: false, portmap: "off", [transport]: true };
}

/** A server of the test service on one transport, and how to reach it. */
export async function serve(
  transport: TestTransport,
  service: RpcService = testService(),
  options: ServerOptions = {},
): Promise<{ server: RpcServer; bound: BoundAddress; to: ConnectOptions }> {
  const server = new RpcServer(options).add(service);
  const [bound] = await server.listen(listenOn(transport));
  if (bound === undefined) throw new Error("nothing is bound");
  return { server, bound, to: connectTo(bound) };
}

export function connectTo(bound: BoundAddress): ConnectOptions {
  return bound.path !== ""
    ? { path: bound.path, transport: bound.netid, timeoutMs: 5000 }
    : { host: bound.host, port: bound.port, transport: bound.netid, timeoutMs: 5000 };
}

export const SERVICE: { readonly program: number; readonly version: number } = { program: PROGRAM, version: VERSION };

/** Words of four bytes, in the order of the wire. */
export function words(...values: number[]): Buffer {
  const w = new XdrWriter();
  for (const value of values) w.uint32(value >>> 0);
  return Buffer.from(w.bytes());
}

/** A call with AUTH_NONE, and arguments as words. */
export function call(xid: number, procedureNumber: number, ...args: number[]): Buffer {
  return words(xid, 0, 2, PROGRAM, VERSION, procedureNumber, 0, 0, 0, 0, ...args);
}

/** A message as a record of one fragment. */
export function record(message: Uint8Array): Buffer {
  return Buffer.concat([words(0x8000_0000 + message.length), message]);
}

/** A tcp or UNIX connection that speaks in records, with nothing of the runtime in it. */
export class RawPeer {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece) => {
      this.#received = Buffer.concat([this.#received, piece]);
      this.#wake();
    });
    socket.on("close", () => {
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  static async connect(bound: BoundAddress): Promise<RawPeer> {
    const socket = connectSocket(bound.path === "" ? { host: bound.host, port: bound.port } : { path: bound.path });
    await once(socket, "connect");
    return new RawPeer(socket);
  }

  static over(socket: Socket): RawPeer {
    return new RawPeer(socket);
  }

  send(message: Uint8Array): void {
    this.socket.write(record(message));
  }

  /** The next record of one fragment. */
  async receive(): Promise<Buffer> {
    for (;;) {
      if (this.#received.length >= 4) {
        const length = this.#received.readUInt32BE() % 0x8000_0000;
        if (this.#received.length >= 4 + length) {
          const message = this.#received.subarray(4, 4 + length);
          this.#received = this.#received.subarray(4 + length);
          return message;
        }
      }
      if (this.socket.destroyed) throw new Error("the connection ended");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Sends a message and gives the next one, in hexadecimal words. */
  async ask(message: Uint8Array): Promise<string> {
    this.send(message);
    return hexWords(await this.receive());
  }
}

/** `00000001 00000000 …` */
export function hexWords(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes)
      .toString("hex")
      .match(/.{1,8}/g)
      ?.join(" ") ?? ""
  );
}
