import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  type ConnectOptions,
  NO_REPLY,
  RpcConnection,
  type RpcContext,
  RpcError,
  type RpcErrorCode,
  RpcServer,
  type ServerOptions,
  authSys,
  connect,
  rpcService,
} from "../../src/runtime/index.ts";
import { RpcAddress } from "../../src/runtime/address.ts";
import { DEFAULT_MAX_UDP_BYTES } from "../../src/runtime/limits.ts";
import { DatagramTransport } from "../../src/runtime/transport/datagram.ts";
import { XdrError, XdrReader, int32Codec } from "../../src/xdr/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import {
  ABSENT,
  BLOB,
  ECHO,
  NOTHING,
  PROGRAM,
  RUN,
  RawPeer,
  SERVICE,
  TEXT,
  TRANSPORTS,
  VERSION,
  call,
  connectTo,
  hexWords,
  listenOn,
  serve,
  testService,
  words,
} from "./support.ts";

function code(expected: RpcErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof RpcError, String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };
}

/** A promise and what settles it. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

const collect = (errors: unknown[]): ServerOptions => ({ onError: (error) => errors.push(error) });

for (const transport of TRANSPORTS) {
  describe(`runtime: a server on ${transport}`, () => {
    it("answers many clients at a time, sync and async handlers", async () => {
      const { server, to } = await serve(transport);
      const clients = await Promise.all(Array.from({ length: 10 }, () => connect(SERVICE, to)));
      const answers = await Promise.all(
        clients.flatMap((client, i) => [
          client.call(ECHO, i),
          client.call(TEXT, `text ${i}`),
          client.call(NOTHING, undefined),
        ]),
      );
      assert.deepEqual(
        answers,
        clients.flatMap((_, i) => [i, `text ${i}`, undefined]),
      );
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
    });

    it("answers SYSTEM_ERR and tells onError where a handler throws, rejects, or fails in a call of its own", async () => {
      const nested = new XdrReader(new Uint8Array(1));
      const failures: ((ctx: RpcContext) => number | Promise<number>)[] = [
        () => {
          throw new Error("sync");
        },
        () => Promise.reject(new Error("async")),
        () => int32Codec.decode(nested), // the class of error that undecodable arguments give
        () => Promise.resolve().then(() => int32Codec.decode(nested)),
        () => Promise.reject(new RpcError("RPC_PROCUNAVAIL", "nested")),
        () => 2 ** 40, // no int
        () => Promise.resolve("text" as unknown as number),
        () => undefined as unknown as number,
        (ctx) => ctx.reject({ code: "PROG_MISMATCH", low: -1, high: 2 }),
        (ctx) => Promise.resolve().then(() => ctx.reject("NO_SUCH" as "SYSTEM_ERR")),
      ];
      const errors: unknown[] = [];
      const service = testService((arg, ctx) => failures[arg]?.(ctx) as number);
      const { server, to } = await serve(transport, service, collect(errors));
      await using client = await connect(SERVICE, to);
      for (const i of failures.keys()) await assert.rejects(client.call(RUN, i), code("RPC_SYSTEMERROR"));
      assert.equal(errors.length, failures.length);
      assert.equal((errors[0] as Error).message, "sync");
      assert.equal((errors[1] as Error).message, "async");
      assert(errors[2] instanceof XdrError && errors[3] instanceof XdrError);
      assert.equal(await client.call(ECHO, 1), 1);
      await server.close();
    });

    it("outlives an onError that throws", async () => {
      const service = testService((arg) => {
        if (arg === 1) throw new Error("sync");
        return Promise.reject(new Error("async"));
      });
      const { server, to } = await serve(transport, service, {
        onError: () => {
          throw new Error("in onError");
        },
      });
      await using client = await connect(SERVICE, to);
      for (const arg of [1, 2]) {
        const warned = once(process, "warning") as Promise<[Error & { code?: string }]>;
        await assert.rejects(client.call(RUN, arg), code("RPC_SYSTEMERROR"));
        assert.equal((await warned)[0].code, "TSRPC_ON_ERROR_FAILED");
      }
      assert.equal(await client.call(ECHO, 1), 1);
      await server.close();
    });

    it("answers SYSTEM_ERR where the reply is too large for the transport, GARBAGE_ARGS never", async () => {
      const errors: unknown[] = [];
      const limits = { maxRecordBytes: DEFAULT_MAX_UDP_BYTES };
      const { server, to } = await serve(transport, testService(), { ...limits, ...collect(errors) });
      // The reply's header is shorter than the call's; the client sends what the server can't send back.
      await using client = await connect(SERVICE, { ...to, maxUdpBytes: 60_000 });
      const most = DEFAULT_MAX_UDP_BYTES - 28;
      if (transport === "udp") {
        assert.equal((await client.call(BLOB, new Uint8Array(most))).length, most);
        await assert.rejects(client.call(BLOB, new Uint8Array(most + 4)), code("RPC_SYSTEMERROR"));
        assert.equal((errors[0] as XdrError).code, "XDR_MAX_BYTES");
      }
      const grown = { ...BLOB, number: RUN.number, args: int32Codec };
      const big = rpcService("TEST_PROG", PROGRAM, VERSION + 1, [
        {
          procedure: grown,
          decode: (r) => grown.args.decode(r),
          invoke: (args) => new Uint8Array(args as number),
          encode: (w, result) => {
            grown.result.encode(w, result as Uint8Array);
          },
        },
      ]);
      server.add(big);
      const version4 = { ...grown, version: VERSION + 1 };
      assert.equal((await client.call(version4, most)).length, most);
      await assert.rejects(client.call(version4, most + 4), code("RPC_SYSTEMERROR"));
      assert.equal(await client.call(ECHO, 1), 1);
      await server.close();
    });

    it("says which versions there are, and what a partial service lacks", async () => {
      const server = new RpcServer().add(testService());
      for (const version of [9, 5]) server.add(rpcService("TEST_PROG", PROGRAM, version, []));
      const [bound] = await server.listen(listenOn(transport));
      assert(bound);
      await using client = await connect(SERVICE, connectTo(bound));
      await assert.rejects(client.call({ ...ECHO, version: 7 }, 1), (error: RpcError) => {
        assert.deepEqual([error.code, error.low, error.high], ["RPC_PROGVERSMISMATCH", 3, 9]);
        return true;
      });
      await assert.rejects(client.call(ABSENT, undefined), code("RPC_PROCUNAVAIL"));
      await client.call({ ...NOTHING, version: 5, number: 0 }, undefined); // NULLPROC
      await assert.rejects(client.call({ ...ECHO, program: 1 }, 1), code("RPC_PROGUNAVAIL"));
      await server.close();
    });

    it("tells a handler who calls, and over what", async () => {
      const seen = deferred<{ ctx: RpcContext; proven: RpcContext["caller"]["proven"] }>();
      const { server, bound, to } = await serve(
        transport,
        testService((arg, ctx) => {
          seen.resolve({ ctx, proven: ctx.caller.proven });
          return arg;
        }),
      );
      const gids = Array.from({ length: 20 }, (_, i) => i + 1);
      const auth = authSys({ machinename: "höst", uid: 7, gid: 8, gids });
      const client = await connect(SERVICE, { ...to, auth });
      await client.call(RUN, 1);
      const { ctx, proven } = await seen.promise;
      assert.equal(ctx.transport, transport);
      assert.equal(ctx.procedure, RUN);
      assert.equal(ctx.local.uaddr, bound.uaddr);
      assert.equal(ctx.peer.uaddr, transport === "local" ? "" : client.local.uaddr);
      assert(ctx.connection instanceof RpcConnection);
      const { flavor, claimed } = ctx.caller;
      assert.equal(flavor, 1);
      assert.deepEqual(
        { ...claimed, stamp: 0 },
        { stamp: 0, machinename: "höst", uid: 7, gid: 8, gids: gids.slice(0, 16) },
      );
      if (transport !== "local") assert.equal(proven, undefined);
      await client.close();
      await server.close();
    });

    it("close waits for a running handler and sends its reply", async () => {
      const running = deferred<true>();
      const result = deferred<number>();
      const service = testService(() => {
        running.resolve(true);
        return result.promise;
      });
      const { server, to } = await serve(transport, service, { closeTimeoutMs: Infinity });
      const client = await connect(SERVICE, to);
      const called = client.call(RUN, 1);
      await running.promise;
      const closed = server.close();
      assert.equal(server.close(), closed);
      result.resolve(77);
      assert.equal(await called, 77);
      await closed;
      assert.equal(server.connections, 0);
      await assert.rejects(server.listen(listenOn(transport)), code("RPC_CLOSED"));
      await client.close();
      if (transport !== "udp") await assert.rejects(connect(SERVICE, to), code("RPC_CANTCONNECT"));
    });

    it("close waits no longer than closeTimeoutMs; the handler's late reply goes nowhere", async () => {
      const running = deferred<true>();
      const result = deferred<number>();
      const service = testService(() => {
        running.resolve(true);
        return result.promise;
      });
      const errors: unknown[] = [];
      const { server, to } = await serve(transport, service, { closeTimeoutMs: 1, ...collect(errors) });
      const client = await connect(SERVICE, to);
      const called = assert.rejects(client.call(RUN, 1), RpcError);
      await running.promise;
      await server.close();
      result.resolve(1);
      if (transport === "udp") await client.close();
      await called;
      await client.close();
      assert.deepEqual(errors, []);
    });
  });
}

describe("runtime: a server", () => {
  it("takes each version once", async () => {
    const server = new RpcServer().add(testService());
    assert.throws(() => server.add(testService()), /TEST_PROG version 3 has been added already/);
    await server.close();
    await server.close();
  });

  it("listens any number of times, and closes all", async () => {
    const server = new RpcServer().add(testService());
    const bound = [...(await server.listen(listenOn("tcp"))), ...(await server.listen(listenOn("tcp")))];
    assert.equal(new Set(bound.map(({ port }) => port)).size, 2);
    for (const each of bound) {
      await using client = await connect(SERVICE, connectTo(each));
      assert.equal(await client.call(ECHO, 1), 1);
    }
    await server.close();
    for (const each of bound) await assert.rejects(connect(SERVICE, connectTo(each)), code("RPC_CANTCONNECT"));
  });

  it("rejects with RPC_CANTLISTEN where an address is taken or is none, and keeps nothing open", async () => {
    const { server, bound } = await serve("tcp");
    const udp = createSocket("udp4").bind(0, "127.0.0.1");
    await once(udp, "listening");
    const base = { host: "127.0.0.1", local: false, portmap: "off" } as const;
    const second = new RpcServer().add(testService());
    const taken = (error: unknown): boolean =>
      code("RPC_CANTLISTEN")(error) && ((error as RpcError).cause as { code?: string }).code === "EADDRINUSE";
    await assert.rejects(second.listen({ ...base, tcp: { port: bound.port } }), taken);
    const { port } = udp.address();
    await assert.rejects(second.listen({ ...base, udp: { port } }), taken);
    assert.equal(second.connections, 0);
    for (const transport of ["tcp", "udp"] as const) {
      for (const where of [{ port: 70_000 }, { host: "198.51.100.7" }, { host: "no-such-host.invalid" }]) {
        const options = { ...base, tcp: false, udp: false, [transport]: where };
        await assert.rejects(second.listen(options), code("RPC_CANTLISTEN"));
      }
    }
    udp.close();
    await Promise.all([second.close(), server.close()]);
  });

  it("closed while it begins to listen, it listens on nothing", async () => {
    const server = new RpcServer().add(testService());
    const listening = assert.rejects(server.listen({ host: "127.0.0.1", portmap: "off" }), code("RPC_CLOSED"));
    await server.close();
    await listening;
    assert.equal(server.connections, 0);
  });

  it("closes connections beyond maxConnections at once, and forgets those that ended", async () => {
    const { server, bound, to } = await serve("tcp", testService(), { maxConnections: 2 });
    const first = await connect(SERVICE, to);
    const second = await connect(SERVICE, to);
    await first.call(ECHO, 1);
    await second.call(ECHO, 1);
    const third = await RawPeer.connect(bound);
    await assert.rejects(third.receive(), /ended/);
    assert.equal(server.connections, 2);
    await first.close();
    // The server may learn of it a moment later.
    for (let answered = false; !answered;) {
      const fourth = await RawPeer.connect(bound);
      fourth.send(call(1, 1, 5));
      answered = await fourth.receive().then(
        () => true,
        () => false,
      );
      fourth.socket.destroy();
    }
    await second.close();
    await server.close();
    assert.equal(server.connections, 0);
  });

  it("takes a batch of calls to which it sends no reply", async () => {
    const got: number[] = [];
    const { server, bound } = await serve(
      "tcp",
      testService((arg) => {
        got.push(arg);
        return NO_REPLY;
      }),
    );
    const peer = await RawPeer.connect(bound);
    for (let i = 0; i < 100; i++) peer.send(call(i, RUN.number, i));
    assert.match(await peer.ask(call(500, ECHO.number, 5)), /^000001f4 /);
    assert.deepEqual(
      got,
      Array.from({ length: 100 }, (_, i) => i),
    );
    peer.socket.destroy();
    await server.close();
  });

  it("ends a connection whose record exceeds maxRecordBytes or maxFragments, and no other", async () => {
    const { server, bound, to } = await serve("tcp", testService(), { maxRecordBytes: 100, maxFragments: 2 });
    await using other = await connect(SERVICE, to);
    for (const bytes of [words(0x8000_0065), words(0xffff_ffff), words(0, 0, 0)]) {
      const peer = await RawPeer.connect(bound);
      peer.socket.write(bytes);
      await assert.rejects(peer.receive(), /ended/);
      assert.equal(await other.call(ECHO, 1), 1);
    }
    await server.close();
  });

  it("refuses bounds that bound nothing", async () => {
    for (const options of [
      { maxRecordBytes: NaN },
      { maxRecordBytes: Infinity },
      { maxRecordBytes: 0 },
      { maxUdpBytes: 1.5 },
      { maxFragments: 0 },
      { closeTimeoutMs: NaN },
      { closeTimeoutMs: -1 },
    ]) {
      assert.throws(() => new RpcServer(options), RangeError, JSON.stringify(options));
    }
    await assert.rejects(connect(SERVICE, { port: 9, maxRecordBytes: NaN }), RangeError);
  });

  it("a datagram that came from port 0 has no answer, and does no harm", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const transport = new DatagramTransport(socket, "udp", DEFAULT_MAX_UDP_BYTES, undefined);
    transport.start({ message: () => undefined, lost: () => undefined, closed: () => undefined });
    transport.send(words(1), RpcAddress.inet("udp", "127.0.0.1", 0));
    await transport.close();
  });

  it("can call its client over the client's own connection", async () => {
    const errors: unknown[] = [];
    const service = testService(async (arg, ctx) => (await ctx.connection.call(ECHO, arg)) + 1);
    const { server, bound } = await serve("tcp", service, collect(errors));
    const peer = await RawPeer.connect(bound);
    peer.send(call(5, RUN.number, 41));
    const back = await peer.receive();
    assert.equal(hexWords(back.subarray(4)), hexWords(call(0, ECHO.number, 41).subarray(4)));
    const reply = Buffer.concat([back.subarray(0, 4), words(1, 0, 0, 0, 0, 41)]);
    assert.equal(await peer.ask(reply), hexWords(words(5, 1, 0, 0, 0, 0, 42)));
    peer.socket.destroy();
    await server.close();
    assert.deepEqual(errors, []);
  });
});

describe("runtime: what the kernel says of a local caller", () => {
  it("is the process and its user", async function () {
    if (whyNoAddon() !== undefined) this.skip();
    let proven: RpcContext["caller"]["proven"];
    const { server, to } = await serve(
      "local",
      testService((arg, ctx) => {
        proven = ctx.caller.proven;
        return arg;
      }),
    );
    await using client = await connect(SERVICE, to satisfies ConnectOptions);
    await client.call(RUN, 1);
    assert.equal(proven?.pid, process.pid);
    assert.equal(proven.uid, process.geteuid?.());
    await server.close();
  });
});
