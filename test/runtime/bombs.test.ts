import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Socket, connect as connectSocket } from "node:net";
import {
  type BoundAddress,
  type RpcConnection,
  type RpcProcedure,
  type RpcServer,
  type ServerOptions,
  connect,
  method,
  rpcService,
} from "../../src/runtime/index.ts";
import { DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_FRAGMENTS, DEFAULT_MAX_RECORD_BYTES } from "../../src/runtime/limits.ts";
import { type XdrCodec, int32Codec } from "../../src/xdr/index.ts";
import { codecsOf } from "../fuzz/xdr-modules.ts";
import { heldBytes, settledBytes } from "./memory.ts";
import {
  BLOB,
  ECHO,
  PROGRAM,
  RawPeer,
  SERVICE,
  TEXT,
  VERSION,
  call,
  hexWords,
  listenOn,
  record,
  serve,
  testService,
  words,
} from "./support.ts";

const MIB = 1024 * 1024;

/** A procedure of this test's own, in the service that echoes. */
function taking<A>(number: number, name: string, args: XdrCodec<A>): RpcProcedure<A, number> {
  return { program: PROGRAM, programName: "TEST_PROG", version: VERSION, number, name, args, result: int32Codec };
}

const intsCodec: XdrCodec<number[]> = {
  encode: () => undefined,
  decode: (r) => Array.from({ length: r.arrayLength("ints", 4) }, () => r.int32()),
};
const INTS = taking(7, "INTS", intsCodec);

/** A server, and a client whose calls go on whatever happens beside it. */
async function beside(
  options: ServerOptions = {},
  service = testService(),
): Promise<{ server: RpcServer; bound: BoundAddress; goesOn: () => Promise<void>; end: () => Promise<void> }> {
  const { server, bound, to } = await serve("tcp", service, options);
  const connection: RpcConnection = await connect(SERVICE, { ...to, reconnect: false });
  return {
    server,
    bound,
    goesOn: async () => {
      for (let i = 0; i < 20; i++) assert.equal(await connection.call(ECHO, i), i);
    },
    end: async () => {
      await connection.close();
      await server.close();
    },
  };
}

/** The socket has closed, by a reset too. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.resume().closed) resolve();
    else socket.once("close", () => { resolve(); }); // prettier-ignore
  });
}

async function open(bound: BoundAddress): Promise<Socket> {
  const socket = connectSocket(bound.port, bound.host);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

describe("runtime: bombs", function () {
  this.timeout(60_000);

  it("a record mark that promises 2^31 - 1 bytes ends its connection, and takes no memory", async () => {
    const { bound, goesOn, end } = await beside();
    const before = heldBytes();
    for (let i = 0; i < 100; i++) {
      const socket = await open(bound);
      socket.write(words(i % 2 === 0 ? 0xffff_ffff : 0x7fff_ffff));
      await ended(socket);
    }
    await goesOn();
    assert((await settledBytes()) - before < 8 * MIB);
    await end();
  });

  it("a string or an array of 2^32 - 1 elements is GARBAGE_ARGS, and takes no memory", async () => {
    const ints = method(
      INTS,
      (list: number[]) => list.length,
      (handler, list) => handler(list),
    );
    const service = testService();
    const methods = [...service.methods.values(), ints];
    const { bound, goesOn, server, end } = await beside({}, rpcService("TEST_PROG", PROGRAM, VERSION, methods));
    const [udp] = (await server.listen(listenOn("udp"))) as [BoundAddress];
    const peer = await RawPeer.connect(bound);
    const socket = createSocket("udp4");
    socket.connect(udp.port, udp.host);
    await once(socket, "connect");
    const before = heldBytes();
    const garbage = "00000009 00000001 00000000 00000000 00000000 00000004";
    for (let i = 0; i < 100; i++) {
      for (const { number } of [TEXT, BLOB, INTS]) {
        for (const length of [0xffff_ffff, 0x7fff_ffff, 0x4000_0001]) {
          const bomb = call(9, number, length, 1, 2, 3);
          assert.equal(await peer.ask(bomb), garbage);
          // The duplicate request cache knows a request over udp by its xid: each is to be decoded.
          bomb.writeUInt32BE(i * 10 + number);
          socket.send(bomb);
          const [answer] = (await once(socket, "message")) as [Buffer];
          assert.equal(hexWords(answer.subarray(4)), garbage.slice(9));
        }
      }
    }
    await goesOn();
    assert((await settledBytes()) - before < 8 * MIB);
    peer.socket.destroy();
    socket.close();
    await end();
  });

  it("fragments without end are cut off, whether they are empty or not", async () => {
    const { bound, goesOn, end } = await beside();
    const before = heldBytes();
    const fragments = [
      [words(0), DEFAULT_MAX_FRAGMENTS],
      [Buffer.concat([words(1), Buffer.from([7])]), DEFAULT_MAX_FRAGMENTS],
      [Buffer.concat([words(65_536), Buffer.alloc(65_536)]), DEFAULT_MAX_RECORD_BYTES / 65_536],
    ] as const;
    for (const [fragment, most] of fragments) {
      const socket = await open(bound);
      // As many as there may be: nothing happens yet.
      socket.write(Buffer.concat(Array<Buffer>(most).fill(fragment)));
      await goesOn();
      assert.equal(socket.destroyed, false);
      socket.write(fragment);
      await ended(socket);
      await goesOn();
    }
    assert((await settledBytes()) - before < 16 * MIB);
    await end();
  });

  it("10,000 half-open connections take no more than there may be, and keep no one out", async () => {
    const { server, bound, goesOn, end } = await beside();
    const before = heldBytes();
    const sockets = new Set<Socket>();
    let most = 0;
    for (let batch = 0; batch < 40; batch++) {
      const opened = await Promise.all(
        Array.from({ length: 250 }, async () => {
          const socket = await open(bound);
          sockets.add(socket);
          socket.resume().once("close", () => sockets.delete(socket));
          socket.write(Buffer.from([0x80, 0]));
        }),
      );
      assert.equal(opened.length, 250);
      most = Math.max(most, server.connections);
      await goesOn();
    }
    // Those that give way in this turn of the loop are still counted.
    assert(most > DEFAULT_MAX_CONNECTIONS / 2 && most <= DEFAULT_MAX_CONNECTIONS + 250, `${most} at a time`);
    const newcomer = await connect(SERVICE, { host: bound.host, port: bound.port });
    assert.equal(await newcomer.call(ECHO, 1), 1);
    assert(heldBytes() - before < 32 * MIB, `${heldBytes() - before} bytes`);
    await newcomer.close();
    await end();
    for (const socket of sockets) await ended(socket);
  });

  it("a list of a million nodes is read in a loop, a tree of a million levels is GARBAGE_ARGS", async () => {
    const codecs = new Map((await codecsOf(["lists"])).map(({ name, codec }) => [name, codec]));
    interface Node {
      readonly next: Node | null;
    }
    const listCodec = codecs.get("lists: NodeCodec") as XdrCodec<Node>;
    const treeCodec = codecs.get("lists: TreeCodec") as XdrCodec<unknown>;
    const LIST = taking(7, "LIST", listCodec);
    const TREE = taking(8, "TREE", treeCodec);
    const count = (list: Node): number => {
      let nodes = 0;
      for (let at: Node | null = list; at !== null; at = at.next) nodes++;
      return nodes;
    };
    const methods = [
      ...testService().methods.values(),
      method(LIST, count, (handler, list) => handler(list)),
      method(
        TREE,
        () => 1,
        (handler) => handler(),
      ),
    ];
    const service = rpcService("TEST_PROG", PROGRAM, VERSION, methods);
    const { bound, goesOn, end } = await beside({ maxRecordBytes: 32 * MIB }, service);
    const before = heldBytes();
    const nodes = 1_000_000;
    const list = Buffer.alloc(16 * nodes);
    for (let i = 1; i < nodes; i++) list.writeUInt32BE(1, 16 * i - 4); // another one follows
    // A value, a branch to the left, its tree: three words for each level.
    const tree = Buffer.concat(Array<Buffer>(3 * nodes).fill(words(1)));
    const peer = await RawPeer.connect(bound);
    const answer = await peer.ask(Buffer.concat([call(9, LIST.number), list]));
    assert.equal(
      answer,
      `00000009 00000001 00000000 00000000 00000000 00000000 ${nodes.toString(16).padStart(8, "0")}`,
    );
    await goesOn();
    const refused = await peer.ask(Buffer.concat([call(9, TREE.number), tree]));
    assert.equal(refused, "00000009 00000001 00000000 00000000 00000000 00000004");
    await goesOn();
    peer.socket.destroy();
    assert((await settledBytes()) - before < 48 * MIB, "two messages of 16 and 12 MB, which this test holds itself");
    await end();
    // With the bound that a server has, the list is no record to begin with.
    const usual = await beside({}, service);
    const socket = await open(usual.bound);
    socket.write(record(Buffer.concat([call(9, LIST.number), list])));
    await ended(socket);
    await usual.goesOn();
    await usual.end();
  });

  it("slow loris: who sends a byte now and then is cut off, whoever calls is not", async () => {
    const { bound, goesOn, server, end } = await beside({ stallTimeoutMs: 100 });
    const whole = record(call(1, ECHO.number, 5));
    const sockets = await Promise.all(Array.from({ length: 50 }, () => open(bound)));
    let sent = 0;
    const dripping = setInterval(() => {
      const byte = whole.subarray(sent, ++sent);
      for (const socket of sockets) if (!socket.destroyed && sent < whole.length) socket.write(byte);
    }, 10);
    const over = Promise.all(sockets.map(ended));
    while (sockets.some(({ closed }) => !closed)) await goesOn();
    await over;
    clearInterval(dripping);
    assert(sent < whole.length, `${sent} bytes of ${whole.length} were taken`);
    await goesOn();
    assert.equal(server.connections, 1);
    await end();
  });
});
