import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  type HandlerResult,
  NO_REPLY,
  type RpcContext,
  RpcServer,
  type ServerOptions,
} from "../../src/runtime/index.ts";
import { MAX_UNREAD_REPLIES } from "../../src/runtime/limits.ts";
import { RawPeer, call, hexWords, listenOn, serve, testService, words } from "./support.ts";

const RUN = 4;

/** `call` with an AUTH_SYS credential of a machine's name. */
function callAs(machine: string, xid: number, ...args: number[]): Buffer {
  const name = Buffer.concat([words(machine.length), Buffer.from(machine), Buffer.alloc(-machine.length & 3)]);
  const body = Buffer.concat([words(7), name, words(1, 2, 0)]);
  const plain = call(xid, RUN, ...args);
  return Buffer.concat([plain.subarray(0, 24), words(1, body.length), body, words(0, 0), plain.subarray(40)]);
}

/** Its end is told to the server by a reset: what it was sent may not have come. */
async function lose(peer: RawPeer): Promise<void> {
  peer.socket.resetAndDestroy();
  await once(peer.socket, "close");
}

describe("runtime: at most once", () => {
  let runs = 0;
  let release: ((value: number) => void) | undefined;
  /** 0 and more: counts; -1: waits; -2: answers nothing; -3: fails; -4: rejects with AUTH_TOOWEAK. */
  const run = (arg: number, ctx: RpcContext): HandlerResult<number> => {
    runs++;
    if (arg === -1) return new Promise((resolve) => (release = resolve));
    if (arg === -2) return NO_REPLY;
    if (arg === -3) throw new Error("it fails");
    if (arg === -4) ctx.reject("AUTH_TOOWEAK");
    return runs;
  };
  const options: ServerOptions = { onError: () => undefined };

  beforeEach(() => {
    runs = 0;
  });

  const overUdp = async (
    use: (ask: (message: Buffer) => Promise<string>, send: (message: Buffer) => void) => Promise<void>,
    more: ServerOptions = {},
  ): Promise<void> => {
    const { server, bound } = await serve("udp", testService(run), { ...options, ...more });
    const socket = createSocket("udp4");
    socket.connect(bound.port, "127.0.0.1");
    await once(socket, "connect");
    const ask = async (message: Buffer): Promise<string> => {
      socket.send(message);
      const [reply] = (await once(socket, "message")) as [Buffer];
      return hexWords(reply);
    };
    try {
      await use(ask, (message) => { socket.send(message); }); // prettier-ignore
    } finally {
      socket.close();
      await server.close();
    }
  };

  it("udp: a call that comes again gets the reply that was sent", async () => {
    await overUdp(async (ask) => {
      const first = await ask(call(9, RUN, 5));
      assert.equal(first, "00000009 00000001 00000000 00000000 00000000 00000000 00000001");
      assert.equal(await ask(call(9, RUN, 5)), first);
      assert.equal(runs, 1);
    });
  });

  it("udp: another xid, other arguments or another port are other calls", async () => {
    await overUdp(async (ask) => {
      await ask(call(9, RUN, 5));
      await ask(call(10, RUN, 5));
      await ask(call(9, RUN, 6));
      assert.equal(runs, 3);
    });
  });

  it("udp: while it runs it is dropped, and answered once", async () => {
    await overUdp(async (ask, send) => {
      const answer = ask(call(9, RUN, -1));
      send(call(9, RUN, -1));
      while (release === undefined) await new Promise(setImmediate);
      // The server takes what comes in its order: this one is behind the duplicate.
      release(77);
      assert.match(await answer, /0000004d$/);
      assert.match(await ask(call(11, RUN, 1)), /^0000000b/);
      assert.equal(runs, 2);
    });
  });

  it("udp: what was answered with nothing, or failed, is not run again; what was denied is judged anew", async () => {
    await overUdp(async (ask, send) => {
      send(call(1, RUN, -2));
      send(call(1, RUN, -2));
      const failed = await ask(call(2, RUN, -3));
      assert.equal(failed, "00000002 00000001 00000000 00000000 00000000 00000005");
      assert.equal(await ask(call(2, RUN, -3)), failed);
      assert.equal(runs, 2);
      const denied = await ask(call(3, RUN, -4));
      assert.equal(denied, "00000003 00000001 00000001 00000001 00000005");
      assert.equal(await ask(call(3, RUN, -4)), denied);
      assert.equal(runs, 4);
    });
  });

  it("udp: without a cache every call is run", async () => {
    await overUdp(
      async (ask) => {
        await ask(call(9, RUN, 5));
        await ask(call(9, RUN, 5));
        assert.equal(runs, 2);
      },
      { duplicateCache: false },
    );
  });

  it("an idempotent procedure is run again; one that there is not is refused", async () => {
    const server = new RpcServer(options).add(testService(run), { idempotent: [RUN] });
    const [bound] = await server.listen(listenOn("tcp"));
    assert(bound !== undefined);
    const peer = await RawPeer.connect(bound);
    await peer.ask(call(9, RUN, 5));
    await peer.ask(call(9, RUN, 5));
    assert.equal(runs, 2);
    peer.socket.destroy();
    await server.close();
    assert.throws(() => new RpcServer().add(testService(run), { idempotent: [98] }), RangeError);
  });

  it("tcp: a client that connects again, with the same credential, gets the reply that it lost", async () => {
    const { server, bound } = await serve("tcp", testService(run), options);
    const first = await RawPeer.connect(bound);
    const answer = await first.ask(callAs("one", 9, 5));
    await lose(first);
    const second = await RawPeer.connect(bound);
    assert.equal(await second.ask(callAs("one", 9, 5)), answer);
    assert.equal(runs, 1);
    // Another caller's calls are others.
    await second.ask(callAs("two", 9, 5));
    assert.equal(runs, 2);
    assert.equal(server.stats().duplicates?.hits, 1);
    second.socket.destroy();
    await server.close();
  });

  it("tcp: a call of another client of the same host is another one, though it is the same in all", async () => {
    const { server, bound } = await serve("tcp", testService(run), options);
    const [first, second] = [await RawPeer.connect(bound), await RawPeer.connect(bound)];
    assert.match(await first.ask(call(1, RUN, 5)), /00000001$/);
    assert.match(await second.ask(call(1, RUN, 5)), /00000002$/, "while the first is there");
    const waiting = first.ask(call(2, RUN, -1));
    while (runs < 3) await new Promise(setImmediate);
    assert.match(await second.ask(call(2, RUN, 5)), /00000004$/);
    release?.(79);
    assert.match(await waiting, /0000004f$/);
    // Who has closed its connection has read what it was sent.
    first.socket.end();
    await once(first.socket, "close");
    const third = await RawPeer.connect(bound);
    assert.match(await third.ask(call(1, RUN, 5)), /00000005$/);
    // Over the same connection it is the same call.
    assert.match(await third.ask(call(1, RUN, 5)), /00000005$/);
    assert.equal(server.stats().duplicates?.hits, 1);
    for (const { socket } of [second, third]) socket.destroy();
    await server.close();
  });

  it("tcp: of a client whose connection has broken, the last replies can be lost, and not those before", async () => {
    const { server, bound } = await serve("tcp", testService(run), options);
    const first = await RawPeer.connect(bound);
    for (let xid = 0; xid <= MAX_UNREAD_REPLIES; xid++) await first.ask(call(xid, RUN, 5));
    await lose(first);
    const second = await RawPeer.connect(bound);
    const before = runs;
    for (const xid of [1, 2, 500, MAX_UNREAD_REPLIES])
      assert.match(await second.ask(call(xid, RUN, 5)), new RegExp(`${hexWords(words(xid + 1))}$`), `call ${xid}`);
    assert.equal(runs, before);
    await second.ask(call(0, RUN, 5));
    assert.equal(runs, before + 1, "it went on for long after that reply");
    second.socket.destroy();
    await server.close();
  });

  it("tcp: a connection that the server has closed may have taken a reply with it", async () => {
    const { server, bound } = await serve("tcp", testService(run), { ...options, connectionIdleTimeoutMs: 20 });
    const first = await RawPeer.connect(bound);
    const answer = await first.ask(call(1, RUN, 5));
    await once(first.socket, "close");
    const second = await RawPeer.connect(bound);
    assert.equal(await second.ask(call(1, RUN, 5)), answer);
    assert.equal(runs, 1);
    second.socket.destroy();
    await server.close();
  });

  it("tcp: a call that still runs is answered over the new connection", async () => {
    const { server, bound } = await serve("tcp", testService(run), options);
    const first = await RawPeer.connect(bound);
    first.send(callAs("one", 9, -1));
    while (runs === 0) await new Promise(setImmediate);
    first.socket.destroy();
    const second = await RawPeer.connect(bound);
    const answer = second.ask(callAs("one", 9, -1));
    while (server.stats().duplicates?.inProgress === 0) await new Promise(setImmediate);
    release?.(78);
    assert.match(await answer, /0000004e$/);
    assert.equal(runs, 1);
    second.socket.destroy();
    await server.close();
  });

  it("a server that has restarted remembers nothing: it runs what comes again", async () => {
    const first = await serve("tcp", testService(run), options);
    const before = await RawPeer.connect(first.bound);
    await before.ask(callAs("one", 9, 5));
    before.socket.destroy();
    await first.server.close();
    const second = await serve("tcp", testService(run), options);
    const after = await RawPeer.connect(second.bound);
    await after.ask(callAs("one", 9, 5));
    assert.equal(runs, 2);
    after.socket.destroy();
    await second.server.close();
  });

  it("local: every call is one of its own", async () => {
    const { server, bound } = await serve("local", testService(run), options);
    const peer = await RawPeer.connect(bound);
    await peer.ask(call(9, RUN, 5));
    await peer.ask(call(9, RUN, 5));
    assert.equal(runs, 2);
    peer.socket.destroy();
    await server.close();
  });
});
