/** Server and client over tcp, udp and local: whatever comes, none crashes or hangs, and other clients' calls go on. */
import assert from "node:assert/strict";
import { type RemoteInfo, type Socket as UdpSocket, createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type Server, type Socket, connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BoundAddress,
  type ConnectOptions,
  type RpcConnection,
  RpcError,
  RpcServer,
  connect,
} from "../../../src/runtime/index.ts";
import { rawClient } from "../../runtime/conformance/raw.ts";
import { heldBytes } from "../../runtime/memory.ts";
import { ECHO, SERVICE, TEXT, connectTo, testService, words } from "../../runtime/support.ts";
import type { FuzzTarget } from "../harness.ts";
import { XID, recordedCalls, spoilt, stream, withXid } from "../rpc-traffic.ts";

/** Milliseconds for one connection and three calls. */
const LIMIT_MS = 2000;
/** Iterations from one look at the memory to the next, and what may have been added by then since the first look. */
const LOOK_EVERY = 500;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
const PATIENT: ConnectOptions = { timeoutMs: 10_000 };
const NETIDS = ["tcp", "udp", "local"] as const;

type Netid = (typeof NETIDS)[number];
type Try = (bytes: Uint8Array) => Promise<void>;

const target: FuzzTarget = {
  name: "rpc",
  about: "servers and clients neither crash nor hang over spoilt messages, and other clients' calls go on",
  async run(context) {
    const calls = await recordedCalls();
    await using server = new RpcServer({ onError: () => undefined }).add(testService());
    const bound = await server.listen({ host: "127.0.0.1", portmap: "off" });
    const replies = await repliesTo(calls, bound[0] as BoundAddress);
    const ends = new Map<Netid, { atServer: Try; atClient: Try; end: () => Promise<void> }>();
    for (const address of bound) {
      const healthy = await connect(SERVICE, { ...connectTo(address), ...PATIENT });
      const hostile = await HostileServer.listen(address.netid as Netid);
      ends.set(address.netid as Netid, {
        atServer: (bytes) => tryServer(address, healthy, bytes),
        atClient: (bytes) => hostile.tryClient(bytes),
        end: async () => {
          await hostile.close();
          await healthy.close();
        },
      });
    }
    let heldAtFirst: number | undefined;
    let count = 0;
    try {
      for (let random = context.next(); random !== undefined; random = context.next()) {
        const netid = random.pick(NETIDS);
        const atServer = random.oneIn(2);
        // Each may get what is meant for the other.
        const own = atServer === random.oneIn(8) ? replies : calls;
        const all = [...calls, ...replies];
        const choices = random;
        const messages = random.times(random.between(1, 4), () => spoilt(choices, choices.pick(own), all));
        const bytes = netid === "udp" ? (messages[0] as Buffer) : stream(random, messages);
        const end = ends.get(netid);
        assert(end !== undefined);
        await context.attempt(Uint8Array.from(bytes), {
          check: atServer ? end.atServer : end.atClient,
          limitMs: LIMIT_MS,
          about: `${netid}, to the ${atServer ? "server" : "client"}`,
        });
        if (count++ % LOOK_EVERY !== LOOK_EVERY - 1) continue;
        const held = heldBytes();
        heldAtFirst ??= held;
        assert(held - heldAtFirst < MAX_GROWTH_BYTES, `${held - heldAtFirst} bytes more after ${count} inputs`);
      }
    } finally {
      for (const { end } of ends.values()) await end();
    }
  },
};
export default target;

async function repliesTo(calls: readonly Buffer[], bound: BoundAddress): Promise<Buffer[]> {
  const client = await rawClient(bound);
  const replies: Buffer[] = [];
  for (const [i, call] of calls.entries()) {
    client.send(withXid(call, i));
    replies.push(withXid(await client.receive()));
  }
  await client.die();
  return replies;
}

/** Sends the bytes over a connection of their own; then another client calls. */
async function tryServer(bound: BoundAddress, healthy: RpcConnection, bytes: Uint8Array): Promise<void> {
  const xid = Math.floor(Math.random() * 0x1_0000_0000);
  if (bound.netid === "udp") {
    const socket = createSocket("udp4");
    await new Promise((resolve) => {
      socket.send(bytes, bound.port, bound.host, resolve);
    });
    socket.close();
  } else {
    const socket = connectSocket(bound.path === "" ? { port: bound.port, host: bound.host } : { path: bound.path });
    socket.on("error", () => undefined);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    // The server ends the connection when it has read the end of ours.
    socket.resume().end(bytes);
    await closed;
  }
  assert.equal(await healthy.call(ECHO, xid | 0), xid | 0);
  assert.equal(healthy.outstanding, 0);
}

/** Answers each call of its client with the bytes that are tried, and then, over udp, as it should. */
class HostileServer {
  readonly #connection: () => Promise<RpcConnection>;
  readonly #stop: () => Promise<void>;
  #client: RpcConnection | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  private constructor(at: ConnectOptions, stop: () => Promise<void>) {
    this.#stop = stop;
    this.#connection = async () => {
      if (this.#client !== undefined) return this.#client;
      const client = await connect(SERVICE, { ...at, ...PATIENT, tryTimeoutMs: 10_000 });
      // A client that serves, too, is reached by calls.
      new RpcServer({ onError: () => undefined }).add(testService()).attach(client);
      return (this.#client = client);
    };
  }

  static async listen(netid: Netid): Promise<HostileServer> {
    if (netid === "udp") {
      const socket = createSocket("udp4").bind(0, "127.0.0.1");
      await once(socket, "listening");
      const at = { host: "127.0.0.1", port: socket.address().port, transport: netid };
      const hostile = new HostileServer(at, async () => {
        socket.close();
        await once(socket, "close");
      });
      socket.on("message", (message: Buffer, from: RemoteInfo) => {
        hostile.#answerDatagram(socket, message, from);
      });
      return hostile;
    }
    const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-fuzz-"));
    const sockets = new Set<Socket>();
    const listener: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
      socket.once("data", (piece: Buffer) => {
        socket.resume().end(hostile.#to(piece.readUInt32BE(4)));
      });
    });
    const path = join(folder, "s");
    listener.listen(netid === "local" ? { path } : { port: 0, host: "127.0.0.1" });
    await once(listener, "listening");
    const at =
      netid === "local" ? { path } : { host: "127.0.0.1", port: (listener.address() as { port: number }).port };
    const hostile = new HostileServer(at, async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
      rmSync(folder, { recursive: true, force: true });
    });
    return hostile;
  }

  /** The client's call ends, with a string or with an error. */
  async tryClient(bytes: Uint8Array): Promise<void> {
    this.#bytes = bytes;
    const client = await this.#connection();
    try {
      assert.equal(typeof (await client.call(TEXT, "x", { idempotent: false })), "string");
    } catch (error) {
      assert(error instanceof RpcError, String(error));
      assert.notEqual(error.code, "RPC_TIMEDOUT");
    }
    assert.equal(client.outstanding, 0);
    // What comes behind the reply finds the connection as it is, and its end is seen before the next call.
    while (client.peer?.netid !== "udp" && client.connected) await new Promise(setImmediate);
  }

  async close(): Promise<void> {
    await this.#client?.close();
    await this.#stop();
  }

  #to(xid: number): Buffer {
    const bytes = Buffer.from(this.#bytes);
    for (let at = bytes.indexOf(words(XID)); at >= 0; at = bytes.indexOf(words(XID), at + 4)) {
      bytes.writeUInt32BE(xid, at);
    }
    return bytes;
  }

  #answerDatagram(socket: UdpSocket, message: Buffer, from: RemoteInfo): void {
    if (message.readUInt32BE(4) !== 0) return; // a reply, to a call that was tried
    const xid = message.readUInt32BE();
    socket.send(this.#to(xid), from.port, from.address);
    socket.send(words(xid, 1, 0, 0, 0, 0, 1, 0x7800_0000), from.port, from.address);
  }
}
