import assert from "node:assert/strict";
import { once } from "node:events";
import {
  type PeerCredentials,
  type RpcContext,
  RpcConnection,
  RpcError,
  RpcServer,
  authSys,
  connect,
} from "../../src/runtime/index.ts";
import { StreamTransport } from "../../src/runtime/transport/stream.ts";
import { BLOB, ECHO, NOTHING, RUN, SERVICE, TEXT, TRANSPORTS, listenOn, serve, testService } from "./support.ts";
import { connect as connectSocket, createServer } from "node:net";

/** A promise and its resolver. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

for (const transport of TRANSPORTS) {
  describe(`runtime: the server's role, over ${transport}`, () => {
    it("answers many clients with many calls each", async () => {
      const { server, to } = await serve(transport);
      const clients = await Promise.all(Array.from({ length: 8 }, () => connect(SERVICE, to)));
      await Promise.all(
        clients.map(async (client, c) => {
          // A burst that a udp socket's buffer holds: what it does not is lost.
          const burst = Array.from({ length: transport === "udp" ? 10 : 50 }, (_, i) => c * 1000 + i);
          assert.deepEqual(await Promise.all(burst.map((value) => client.call(ECHO, value))), burst);
          assert.equal(await client.call(TEXT, `client ${c}`), `client ${c}`);
          await client.call(NOTHING, undefined);
        }),
      );
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
    });

    it("empty and large messages", async () => {
      const { server, to } = await serve(transport, testService(), { onError: () => undefined });
      await using client = await connect(SERVICE, { ...to, maxUdpBytes: 65_507 });
      assert.equal((await client.call(BLOB, new Uint8Array())).length, 0);
      const large = new Uint8Array(transport === "udp" ? 8000 : 3_000_000).map((_, i) => i);
      assert.deepEqual(await client.call(BLOB, large), large);
      if (transport === "udp") {
        // It arrives, and its echo would not fit in what libtirpc's clients receive.
        await assert.rejects(client.call(BLOB, new Uint8Array(20_000)), { code: "RPC_SYSTEMERROR" });
      }
      await server.close();
    });

    it("a handler that fails, in whatever way, is SYSTEM_ERR, and told to onError", async () => {
      const failures: unknown[] = [];
      const inner = new RpcError("RPC_CANTDECODEARGS", "of a nested call");
      const service = testService((arg) => {
        if (arg === 0) throw new Error("thrown");
        if (arg === 1) return Promise.reject(new Error("rejected"));
        if (arg === 2) throw inner;
        return "not a number" as never;
      });
      const { server, to } = await serve(transport, service, {
        onError: (error, ctx) => {
          failures.push([error instanceof Error ? error.message : error, ctx.procedure.name]);
          if (failures.length === 1) throw new Error("onError may fail, too");
        },
      });
      await using client = await connect(SERVICE, to);
      const warned = once(process, "warning");
      for (let i = 0; i < 4; i++) await assert.rejects(client.call(RUN, i), { code: "RPC_SYSTEMERROR" });
      assert.deepEqual(failures, [
        ["thrown", "RUN"],
        ["rejected", "RUN"],
        [inner.message, "RUN"],
        ["int at byte 24: string is not a 32-bit integer", "RUN"],
      ]);
      assert.equal(((await warned) as [{ code?: string }])[0].code, "TSRPC_HANDLER_FAILED");
      assert.equal(await client.call(ECHO, 5), 5);
      await server.close();
    });

    it("an onError that is async and rejects is a warning, too", async () => {
      const service = testService(() => Promise.reject(new Error("of the handler")));
      const onError = (): unknown => Promise.reject(new Error("of onError"));
      // What is not handled would end the process, and mocha's run.
      const { server, to } = await serve(transport, service, { onError });
      await using client = await connect(SERVICE, to);
      const warned = once(process, "warning");
      await assert.rejects(client.call(RUN, 1), { code: "RPC_SYSTEMERROR" });
      const [{ code, message }] = (await warned) as [{ code?: string; message: string }];
      assert.deepEqual([code, message], ["TSRPC_HANDLER_FAILED", "onError itself failed: of onError"]);
      await server.close();
    });

    it("tells the handler who calls, over what, and where", async () => {
      const seen = deferred<RpcContext>();
      let proven: PeerCredentials | undefined;
      const service = testService((arg, ctx) => {
        seen.resolve(ctx);
        proven = ctx.caller.proven; // the kernel is asked while the client is there
        return arg;
      });
      const { server, bound, to } = await serve(transport, service);
      await using client = await connect(SERVICE, {
        ...to,
        auth: authSys({ machinename: "here", uid: 7, gid: 8, gids: [9] }),
      });
      await client.call(RUN, 1);
      const ctx = await seen.promise;
      assert.equal(ctx.transport, transport);
      assert.equal(ctx.local.uaddr, bound.uaddr);
      assert.equal(ctx.peer.uaddr, client.local.uaddr);
      assert.equal(ctx.caller.flavor, 1);
      const { machinename, uid, gid, gids } = ctx.caller.claimed ?? assert.fail("nothing is claimed");
      assert.deepEqual({ machinename, uid, gid, gids }, { machinename: "here", uid: 7, gid: 8, gids: [9] });
      if (transport !== "local" || process.env.TSRPC_NO_NATIVE === "1") assert.equal(proven, undefined);
      else {
        assert.deepEqual({ ...proven }, { pid: process.pid, uid: process.geteuid?.(), gid: process.getegid?.() });
      }
      await server.close();
    });

    it("close() lets handlers finish, takes no more connections, and is idempotent", async () => {
      const started = deferred<undefined>();
      const finish = deferred<number>();
      const service = testService(() => {
        started.resolve(undefined);
        return finish.promise;
      });
      const { server, to } = await serve(transport, service);
      await using client = await connect(SERVICE, to);
      const call = client.call(RUN, 1);
      await started.promise;
      const closing = server.close();
      assert.equal(server.close(), closing);
      if (transport !== "udp") await assert.rejects(connect(SERVICE, to), { code: "RPC_CANTCONNECT" });
      finish.resolve(42);
      assert.equal(await call, 42);
      await closing;
      await server.close();
      await assert.rejects(server.listen(listenOn(transport)), { code: "RPC_CLOSED" });
      assert.equal(server.connections, 0);
    });

    it("close() waits for a handler that never ends no longer than closeTimeoutMs", async () => {
      const started = deferred<undefined>();
      const service = testService(() => {
        started.resolve(undefined);
        return new Promise<number>(() => undefined);
      });
      const { server, to } = await serve(transport, service, { closeTimeoutMs: 10 });
      const client = await connect(SERVICE, { ...to, timeoutMs: transport === "udp" ? 100 : 5000 });
      const call = assert.rejects(client.call(RUN, 1), { code: transport === "udp" ? /RPC_/ : "RPC_CANTRECV" });
      await started.promise;
      await server.close();
      await call;
      await client.close();
    });

    it("close() during listen() leaves nothing open", async () => {
      const server = new RpcServer().add(testService());
      const listening = server.listen(listenOn(transport));
      const refused = assert.rejects(listening, { code: "RPC_CLOSED" });
      await server.close();
      await refused;
    });
  });
}

describe("runtime: servers", () => {
  it("listen on tcp, udp and local unless told otherwise, and say where", async () => {
    await using server = new RpcServer().add(testService());
    const bound = await server.listen({ host: "127.0.0.1", portmap: "off" });
    assert.deepEqual(
      bound.map(({ netid, registered }) => [netid, registered]),
      [
        ["tcp", false],
        ["udp", false],
        ["local", false],
      ],
    );
    for (const { netid, port, path, address, uaddr } of bound) {
      if (netid === "local") {
        assert.equal(address, path);
        assert.equal(uaddr, path);
      } else {
        assert.equal(address, `127.0.0.1:${port}`);
        assert.equal(uaddr, `127.0.0.1.${port >> 8}.${port & 255}`);
      }
    }
    const more = await server.listen({ ...listenOn("tcp") });
    assert.equal(more.length, 1);
  });

  it("an address that is taken, or is none: RPC_CANTLISTEN, and nothing of that listen() stays open", async () => {
    const { server, bound } = await serve("tcp");
    await using other = new RpcServer().add(testService());
    const taken = { host: "127.0.0.1", port: bound.port, udp: false, portmap: "off" } as const;
    await assert.rejects(other.listen(taken), (error) => {
      assert(error instanceof RpcError);
      assert.equal(error.code, "RPC_CANTLISTEN");
      assert.equal((error.cause as { code?: string }).code, "EADDRINUSE");
      return true;
    });
    assert.equal(other.connections, 0);
    for (const transport of ["tcp", "udp"] as const) {
      const none = { ...listenOn(transport), [transport]: { port: 70_000 } };
      await assert.rejects(other.listen(none), { code: "RPC_CANTLISTEN" }, transport);
    }
    await server.close();
  });

  it("refuse a second service for one version, and more connections than maxConnections", async () => {
    const { server, to } = await serve("tcp", testService(), { maxConnections: 2 });
    assert.throws(() => server.add(testService()), /TEST_PROG version 3 has been added already/);
    const [first, second] = [await connect(SERVICE, to), await connect(SERVICE, to)];
    await Promise.all([first.call(ECHO, 1), second.call(ECHO, 1)]);
    const third = await connect(SERVICE, to);
    await assert.rejects(third.call(ECHO, 1), { code: "RPC_CANTRECV" });
    await Promise.all([first, second, third].map((each) => each.close()));
    await server.close();
  });

  it("IPv6, where this host has it", async function () {
    await using server = new RpcServer().add(testService());
    const options = {
      tcp: false,
      udp: false,
      local: false,
      tcp6: { host: "::1" },
      udp6: { host: "::1" },
      portmap: "off",
    };
    let bound;
    try {
      bound = await server.listen(options as Parameters<RpcServer["listen"]>[0]);
    } catch {
      return; // no ::1 here
    }
    for (const { port, netid } of bound) {
      await using client = await connect(SERVICE, { host: "::1", port, transport: netid === "tcp6" ? "tcp" : "udp" });
      assert.equal(client.transport, netid);
      assert.equal(await client.call(ECHO, 6), 6);
    }
  });

  it("calls go both ways over one connection", async () => {
    const listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const accepted = once(listener, "connection") as Promise<[ReturnType<typeof connectSocket>]>;
    const socket = connectSocket((listener.address() as { port: number }).port, "127.0.0.1");
    const ends = [socket, (await accepted)[0]].map((end, i) => {
      const transport = new StreamTransport(end, "tcp", {
        records: { maxBytes: 10_000, maxFragments: 4 },
        end: i === 0 ? "connected" : "accepted",
        stallTimeoutMs: Infinity,
        keepAliveMs: Infinity,
        unacknowledgedTimeoutMs: Infinity,
      });
      // The simplest of handlers: it answers every call with its end's number.
      return new RpcConnection(transport, {}, (message) => {
        const reply = Buffer.alloc(28);
        reply.set(message.subarray(0, 4));
        reply.writeUInt32BE(1, 4);
        reply.writeUInt32BE(i, 24);
        transport.send(reply);
      });
    });
    const [one, two] = ends as [RpcConnection, RpcConnection];
    assert.deepEqual(await Promise.all([one.call(ECHO, 9), two.call(ECHO, 9)]), [1, 0]);
    await Promise.all(ends.map((end) => end.close()));
    listener.close();
  });

  it("a call while another call's arguments are being encoded does not disturb it", async () => {
    const { server, to } = await serve("tcp");
    await using client = await connect(SERVICE, to);
    const nested: Promise<string>[] = [];
    const result = client.call(
      { ...RUN, args: { encode: (w, value: number) => { nested.push(client.call(TEXT, "within")); w.int32(value); }, decode: () => 0 } }, // prettier-ignore
      11,
    );
    assert.equal(await result, 11);
    assert.deepEqual(await Promise.all(nested), ["within"]);
    await server.close();
  });
});
