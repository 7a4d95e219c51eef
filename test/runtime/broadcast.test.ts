import assert from "node:assert/strict";
import { type RemoteInfo, type Socket, createSocket } from "node:dgram";
import { getEventListeners, once } from "node:events";
import { isIPv4 } from "node:net";
import {
  type BroadcastOptions,
  type BroadcastReply,
  type RpcError,
  RpcServer,
  authSys,
  broadcast,
  broadcastAddresses,
} from "../../src/runtime/index.ts";
import { BroadcastReplies } from "../../src/runtime/broadcast-replies.ts";
import { MAX_BROADCAST_UNREAD_BYTES } from "../../src/runtime/limits.ts";
import { BLOB, ECHO, PROGRAM, VERSION, hexWords, testService, words } from "./support.ts";

const HEADER = [2, PROGRAM, VERSION, 1, 0, 0, 0, 0];

/** A server of the test's own: it says what came, and answers as it is told. */
class Fake {
  readonly socket: Socket;
  readonly #came: { bytes: Buffer; from: RemoteInfo }[] = [];
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("message", (bytes, from) => {
      this.#came.push({ bytes, from });
      this.#wake();
    });
  }

  static async bind(host = "127.0.0.1"): Promise<Fake> {
    const socket = createSocket(isIPv4(host) ? "udp4" : "udp6");
    socket.bind(0, host);
    await once(socket, "listening");
    return new Fake(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The next datagram: its xid, its words behind that, and where it came from. */
  async receive(): Promise<{ xid: number; rest: string; from: RemoteInfo }> {
    while (this.#came.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const { bytes, from } = this.#came.shift() as { bytes: Buffer; from: RemoteInfo };
    return { xid: bytes.readUInt32BE(), rest: hexWords(bytes.subarray(4)), from };
  }

  send(to: RemoteInfo, ...message: (number | Uint8Array)[]): void {
    this.socket.send(
      message.map((part) => (typeof part === "number" ? words(part) : part)),
      to.port,
      to.address,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => { resolve(); })); // prettier-ignore
  }
}

/** What stands in front of a result: a reply, accepted, with no verifier, SUCCESS. */
const SUCCESS = [1, 0, 0, 0, 0];

function ask(to: Fake, options: BroadcastOptions = {}): AsyncIterator<BroadcastReply<number>, undefined> {
  const addresses = [to.socket.address().address];
  const iterable = broadcast(ECHO, 7, {
    addresses,
    port: to.port,
    retransmitMs: Infinity,
    timeoutMs: 5000,
    ...options,
  });
  return iterable[Symbol.asyncIterator]() as AsyncIterator<BroadcastReply<number>, undefined>;
}

function said({ value }: IteratorResult<BroadcastReply<number>, undefined>): [number, string] {
  assert(value !== undefined);
  return [value.result, String(value.from)];
}

async function all(options: BroadcastOptions): Promise<[number, string][]> {
  const replies: [number, string][] = [];
  for await (const { result, from } of broadcast(ECHO, 7, options)) replies.push([result, String(from)]);
  return replies.sort();
}

/** Whether nobody holds a port. */
async function assertFree(port: number): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(port);
  await once(socket, "listening");
  socket.close();
}

describe("runtime: broadcast to a port", () => {
  it("sends the call, and yields the reply with its sender", async () => {
    await using server = await Fake.bind();
    const replies = ask(server);
    const first = replies.next();
    const { xid, rest, from } = await server.receive();
    assert.equal(rest, hexWords(words(0, ...HEADER, 7)));
    server.send(from, xid, ...SUCCESS, 14);
    assert.deepEqual(said(await first), [14, `udp 127.0.0.1:${server.port}`]);
    await replies.return?.();
    await assertFree(from.port);
  });

  it("gets the replies of two servers", async () => {
    await using first = new RpcServer().add(testService());
    await using second = new RpcServer().add(testService());
    const on = { tcp: false, local: false, portmap: "off" } as const;
    const [bound] = await first.listen({ ...on, host: "127.0.0.2" });
    const port = bound?.port ?? 0;
    await second.listen({ ...on, host: "127.0.0.3", port });
    assert.deepEqual(await all({ addresses: ["127.0.0.2", "127.0.0.3"], port, maxReplies: 2 }), [
      [7, `udp 127.0.0.2:${port}`],
      [7, `udp 127.0.0.3:${port}`],
    ]);
  });

  it("reaches a server by the loopback's broadcast address", async () => {
    await using server = new RpcServer().add(testService());
    const [bound] = await server.listen({ tcp: false, local: false, portmap: "off" });
    const port = bound?.port ?? 0;
    assert(broadcastAddresses({ loopback: true }).includes("127.255.255.255"));
    assert.deepEqual(await all({ addresses: ["127.255.255.255"], port, maxReplies: 1 }), [
      [7, `udp 127.0.0.1:${port}`],
    ]);
  });

  it("sends the same call again, and yields each server's reply once", async () => {
    await using server = await Fake.bind();
    await using other = await Fake.bind();
    const replies = ask(server, { retransmitMs: 1 });
    const first = replies.next();
    const lost = await server.receive();
    const { xid, rest, from } = await server.receive();
    assert.deepEqual([xid, rest], [lost.xid, lost.rest]);
    server.send(from, xid, ...SUCCESS, 14);
    server.send(from, xid, ...SUCCESS, 15);
    assert.deepEqual(said(await first), [14, `udp 127.0.0.1:${server.port}`]);
    const second = replies.next();
    await server.receive();
    server.send(from, xid, ...SUCCESS, 16);
    other.send(from, xid, ...SUCCESS, 17);
    assert.deepEqual(said(await second), [17, `udp 127.0.0.1:${other.port}`]);
    await replies.return?.();
  });

  it("carries credentials", async () => {
    await using server = await Fake.bind();
    const replies = ask(server, { auth: authSys({ machinename: "m", uid: 1, gid: 2, gids: [] }) });
    void replies.next();
    const { rest } = await server.receive();
    assert.match(
      rest,
      /^00000000 00000002 20000042 00000003 00000001 00000001 00000018 \w+ 00000001 6d000000 00000001/,
    );
    await replies.return?.();
  });
});

describe("runtime: broadcast by CALLIT", () => {
  const ANY = { port: undefined } as unknown as BroadcastOptions;

  it("asks version 2 over IPv4, and takes the service's port from a reply of any port", async () => {
    await using portmapper = await Fake.bind();
    await using forwarder = await Fake.bind();
    const replies = ask(portmapper, { ...ANY, portmapPort: portmapper.port });
    const first = replies.next();
    const { xid, rest, from } = await portmapper.receive();
    assert.equal(rest, hexWords(words(0, 2, 100_000, 2, 5, 0, 0, 0, 0, PROGRAM, VERSION, 1, 4, 7)));
    // A port is none: 0, and what 16 bits do not hold.
    for (const port of [0, 0x1_0000]) forwarder.send(from, xid, ...SUCCESS, port, 4, 13);
    forwarder.send(from, xid, ...SUCCESS, 2049, 4, 14);
    assert.deepEqual(said(await first), [14, "udp 127.0.0.1:2049"]);
    await replies.return?.();
  });

  it("asks version 3 over IPv6", async () => {
    await using portmapper = await Fake.bind("::1");
    const replies = ask(portmapper, { ...ANY, portmapPort: portmapper.port });
    const first = replies.next();
    const { xid, rest, from } = await portmapper.receive();
    assert.equal(rest, hexWords(words(0, 2, 100_000, 3, 5, 0, 0, 0, 0, PROGRAM, VERSION, 1, 4, 7)));
    portmapper.send(from, xid, ...SUCCESS, 8, Buffer.from("nonsense"), 4, 13);
    portmapper.send(from, xid, ...SUCCESS, 6, Buffer.from("::.8.1\0\0"), 4, 14);
    assert.deepEqual(said(await first), [14, "udp6 [::1]:2049"]);
    await replies.return?.();
  });
});

describe("runtime: what a broadcast does not yield", () => {
  it("is what answers something else, or is no reply", async () => {
    await using server = await Fake.bind();
    const errors: RpcError[] = [];
    const replies = ask(server, { onError: (error) => errors.push(error) });
    const first = replies.next();
    const { xid, from } = await server.receive();
    server.send(from, xid ^ 1, ...SUCCESS, 1);
    server.send(from, xid, 0, ...HEADER, 2);
    server.send(from, xid, 1);
    server.send(from, xid);
    server.send(from, xid, 1, 0, 0, 0, 77);
    server.send(from, xid, 1, 9, 0, 0, 0, 3);
    server.send(from, new Uint8Array(0));
    server.send(from, xid, ...SUCCESS, 14);
    assert.equal(said(await first)[0], 14);
    assert.deepEqual(errors, []);
    await replies.return?.();
  });

  it("is an error, which onError is told once of each server", async () => {
    await using server = await Fake.bind();
    await using other = await Fake.bind();
    const errors: RpcError[] = [];
    const replies = ask(server, { onError: (error) => errors.push(error) });
    const first = replies.next();
    const { xid, from } = await server.receive();
    for (let time = 0; time < 2; time++) server.send(from, xid, 1, 0, 0, 0, 1);
    other.send(from, xid, ...SUCCESS);
    server.send(from, xid, ...SUCCESS, 14);
    assert.equal(said(await first)[0], 14);
    assert.deepEqual(
      errors.map(({ code, peer }) => [code, String(peer)]),
      [
        ["RPC_PROGUNAVAIL", `udp 127.0.0.1:${server.port}`],
        ["RPC_CANTDECODERES", `udp 127.0.0.1:${other.port}`],
      ],
    );
    await replies.return?.();
  });

  const thrown = new Error("enough");
  const failing: Record<string, () => unknown> = {
    throws: () => {
      throw thrown;
    },
    "rejects with": () => Promise.reject(thrown),
  };
  for (const [how, onError] of Object.entries(failing)) {
    it(`ends with what onError ${how}`, async () => {
      await using server = await Fake.bind();
      const replies = ask(server, { onError });
      const first = replies.next();
      const { xid, from } = await server.receive();
      server.send(from, xid, 1, 0, 0, 0, 1);
      await assert.rejects(first, thrown);
      assert.deepEqual(await replies.next(), { done: true, value: undefined });
      await assertFree(from.port);
    });
  }
});

describe("runtime: the end of a broadcast", () => {
  it("is its deadline, without an error", async () => {
    await using server = await Fake.bind();
    const replies = ask(server, { timeoutMs: 200 }); // the call leaves before, on a busy machine too
    assert.deepEqual(await replies.next(), { done: true, value: undefined });
    const { from } = await server.receive();
    await assertFree(from.port);
  });

  it("is break, which leaves no socket", async () => {
    await using server = await Fake.bind();
    const came = server.receive().then(({ xid, from }) => {
      server.send(from, xid, ...SUCCESS, 14);
      return from.port;
    });
    for await (const { result } of broadcast(ECHO, 7, { addresses: ["127.0.0.1"], port: server.port })) {
      assert.equal(result, 14);
      break;
    }
    await assertFree(await came);
  });

  it("is return(), also while a reader waits", async () => {
    await using server = await Fake.bind();
    const replies = ask(server);
    const waiting = [replies.next(), replies.next()];
    const { from } = await server.receive();
    await replies.return?.();
    assert.deepEqual(await Promise.all(waiting), Array(2).fill({ done: true, value: undefined }));
    await assertFree(from.port);
    const early = ask(server);
    const first = early.next();
    await early.return?.(); // before the socket is bound
    assert.deepEqual(await first, { done: true, value: undefined });
  });

  it("is its signal: RPC_ABORTED, with no listener left on it", async () => {
    await using server = await Fake.bind();
    const controller = new AbortController();
    const replies = ask(server, { signal: controller.signal });
    const first = replies.next();
    const { from } = await server.receive();
    controller.abort("stop");
    await assert.rejects(first, { code: "RPC_ABORTED", cause: "stop" });
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
    await assertFree(from.port);
    await assert.rejects(ask(server, { signal: controller.signal }).next(), { code: "RPC_ABORTED", cause: "stop" });
  });

  it("is the last of maxReplies, and what has come can still be read", async () => {
    await using server = await Fake.bind();
    await using other = await Fake.bind();
    const replies = ask(server, { maxReplies: 2 });
    const first = replies.next();
    const { xid, from } = await server.receive();
    server.send(from, xid, ...SUCCESS, 14);
    assert.equal(said(await first)[0], 14);
    other.send(from, xid, ...SUCCESS, 15);
    assert.equal(said(await replies.next())[0], 15);
    assert.deepEqual(await replies.next(), { done: true, value: undefined });
    await assertFree(from.port);
  });

  it("is RPC_CANTSEND where nothing could be sent, and onError's where something could", async () => {
    await using server = await Fake.bind();
    // The loopback has no route for IPv6's multicasts.
    const nowhere = "ff02::1234%lo";
    await assert.rejects(ask(server, { addresses: [nowhere] }).next(), { code: "RPC_CANTSEND" });
    await assert.rejects(ask(server, { addresses: ["localhost"] }).next(), { code: "RPC_CANTSEND" });
    await assert.rejects(ask(server, { addresses: [] }).next(), { code: "RPC_CANTSEND" });
    const failed = new Promise<RpcError>((onError) => {
      const replies = ask(server, {
        addresses: [nowhere, "127.0.0.1"],
        onError: (error) => {
          void replies.return?.();
          onError(error);
        },
      });
      void replies.next();
    });
    const { code, peer } = await failed;
    assert.deepEqual([code, peer?.host], ["RPC_CANTSEND", nowhere]);
  });

  it("comes at once for arguments and options that are none", async () => {
    await using server = await Fake.bind();
    const bad: BroadcastOptions[] = [
      { timeoutMs: NaN },
      { retransmitMs: 0 },
      { maxReplies: 0 },
      { maxReplies: NaN },
      { port: 70_000 },
      { portmapPort: 0 },
      { maxUdpBytes: 65_508 },
    ];
    for (const options of bad) await assert.rejects(ask(server, options).next(), RangeError);
    const large = broadcast(BLOB, new Uint8Array(9000), { addresses: ["127.0.0.1"], port: server.port });
    await assert.rejects(large[Symbol.asyncIterator]().next(), { code: "RPC_CANTENCODEARGS" });
  });
});

describe("runtime: replies that nobody reads", () => {
  it("are bounded in bytes, and make room when they are read", async () => {
    const replies = new BroadcastReplies<number>(
      () => Promise.resolve(),
      () => Promise.resolve(),
    );
    const half = MAX_BROADCAST_UNREAD_BYTES / 2;
    assert.deepEqual(
      [1, 2, 3].map((reply) => replies.push(reply, half)),
      [true, true, false],
    );
    assert.deepEqual(await replies.next(), { done: false, value: 1 });
    assert(replies.push(4, half));
    replies.finish();
    assert(!replies.push(5, 0));
    assert.deepEqual(await replies.next(), { done: false, value: 2 });
    assert.deepEqual(await replies.next(), { done: false, value: 4 });
    assert.deepEqual(await replies.next(), { done: true, value: undefined });
  });
});
