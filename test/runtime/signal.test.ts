import assert from "node:assert/strict";
import { type RpcContext, RpcServer, connect } from "../../src/runtime/index.ts";
import { gate, until } from "./raw-server.ts";
import { RUN, RawPeer, SERVICE, call, serve, testService } from "./support.ts";

/** Timers that keep the process alive. */
function timeouts(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

async function aborted(signal: AbortSignal): Promise<string> {
  if (!signal.aborted) await new Promise((resolve) => {
    signal.addEventListener("abort", resolve, { once: true });
  }); // prettier-ignore
  return (signal.reason as Error).message;
}

describe("runtime: ctx.signal", () => {
  for (const transport of ["tcp", "local"] as const) {
    it(`fires when the client is gone: ${transport}`, async () => {
      const started = gate();
      const why = gate<string>();
      const service = testService(async (arg, { signal }) => {
        started.open();
        why.open(await aborted(signal));
        return arg;
      });
      const { server, bound } = await serve(transport, service);
      const peer = await RawPeer.connect(bound);
      peer.send(call(1, RUN.number, 5));
      await started.promise;
      peer.socket.destroy();
      assert.equal(await why.promise, "the connection has ended");
      await server.close();
    });
  }

  it("has fired for who asks for it only then", async () => {
    const started = gate();
    const goOn = gate();
    const seen = gate<AbortSignal>();
    const service = testService(async (arg, ctx) => {
      started.open();
      await goOn.promise;
      seen.open(ctx.signal);
      return arg;
    });
    const { server, to } = await serve("tcp", service);
    const connection = await connect(SERVICE, to);
    const result = assert.rejects(connection.call(RUN, 1), { code: "RPC_CLOSED" });
    await started.promise;
    await connection.close();
    await result;
    await until(() => server.connections === 0);
    goOn.open();
    assert.equal((await seen.promise).aborted, true);
    await server.close();
  });

  it("fires after callTimeoutMs, whether it was asked for before or not; what the handler answers then is sent", async () => {
    const goOn = gate();
    const service = testService(async (arg, ctx) => {
      if (arg === 2) await goOn.promise;
      const message = await aborted(ctx.signal);
      goOn.open();
      return message.length;
    });
    const { server, to } = await serve("udp", service, { callTimeoutMs: 10 });
    const connection = await connect(SERVICE, to);
    const expected = "the call has run for 10 ms".length;
    assert.deepEqual(await Promise.all([connection.call(RUN, 1), connection.call(RUN, 2)]), [expected, expected]);
    await connection.close();
    await server.close();
  });

  it("fires when the server closes and has waited for closeTimeoutMs, and not before", async () => {
    let closing = false;
    const order: string[] = [];
    const started = gate();
    const service = testService(async (arg, { signal }) => {
      started.open();
      const why = await aborted(signal);
      order.push(`${why}, closing ${closing}`);
      return arg;
    });
    const { server, to } = await serve("tcp", service, { closeTimeoutMs: 10 });
    const connection = await connect(SERVICE, to);
    const result = assert.rejects(connection.call(RUN, 1), { code: "RPC_CANTRECV" });
    await started.promise;
    closing = true;
    await server.close();
    await result;
    assert.deepEqual(order, ["the server closes, closing true"]);
  });

  it("does not fire after the handler has ended", async () => {
    const contexts: RpcContext[] = [];
    const service = testService((arg, ctx) => {
      contexts.push(ctx);
      if (arg === 1) assert.equal(ctx.signal.aborted, false);
      if (arg === 3) ctx.reject("SYSTEM_ERR");
      return arg;
    });
    const { server, to } = await serve("tcp", service, { callTimeoutMs: 5 });
    const connection = await connect(SERVICE, to);
    assert.equal(await connection.call(RUN, 1), 1);
    assert.equal(await connection.call(RUN, 2), 2);
    await assert.rejects(connection.call(RUN, 3), { code: "RPC_SYSTEMERROR" });
    await connection.close();
    await server.close();
    const over = performance.now() + 20;
    await until(() => performance.now() > over);
    assert.deepEqual(contexts.map(({ signal }) => signal.aborted), [false, false, false]); // prettier-ignore
  });

  it("a call of another connection does not hear of it", async () => {
    const signals: AbortSignal[] = [];
    const goOn = gate();
    const service = testService(async (arg, { signal }) => {
      signals.push(signal);
      await goOn.promise;
      return arg;
    });
    const { server, to } = await serve("tcp", service);
    const [a, b] = [await connect(SERVICE, to), await connect(SERVICE, to)];
    const lost = assert.rejects(a.call(RUN, 1), { code: "RPC_CLOSED" });
    const kept = b.call(RUN, 2);
    await until(() => signals.length === 2);
    await a.close();
    await lost;
    await until(() => signals.some(({ aborted: is }) => is));
    assert.equal(signals.filter(({ aborted: is }) => is).length, 1);
    goOn.open();
    assert.equal(await kept, 2);
    await b.close();
    await server.close();
  });

  it("thousands of calls with a signal and a time leave neither listeners nor timers behind, and no warning", async () => {
    await Promise.resolve(); // mocha's own timer runs from here on
    const before = timeouts();
    const warnings: unknown[] = [];
    const warned = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", warned);
    const service = testService(async (arg, { signal }) => {
      assert.equal(signal.aborted, false);
      await Promise.resolve();
      return arg;
    });
    const { server, to } = await serve("tcp", service, { callTimeoutMs: 60_000 });
    const connection = await connect(SERVICE, to);
    const { signal } = new AbortController();
    const log = { added: 0, removed: 0 };
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      log.added++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      log.removed++;
      remove(...args);
    };
    for (let i = 0; i < 20; i++) {
      await Promise.all(Array.from({ length: 100 }, (_, j) => connection.call(RUN, j, { signal, timeoutMs: 50_000 })));
    }
    assert.deepEqual(log, { added: 20, removed: 20 });
    assert.equal(timeouts(), before);
    assert.equal(server.stats().running, 0);
    assert.deepEqual(warnings, []);
    process.off("warning", warned);
    await connection.close();
    await server.close();
  });

  it("a signal of many calls ends them all, and those that share it with nobody", async () => {
    const { server, to } = await serve("tcp", testService(() => new Promise<number>(() => undefined)), { closeTimeoutMs: 0 }); // prettier-ignore
    const connection = await connect(SERVICE, to);
    const [one, two] = [new AbortController(), new AbortController()];
    const calls = [one, one, one, two].map(({ signal }) => connection.call(RUN, 1, { signal }));
    one.abort(new Error("enough"));
    for (const result of calls.slice(0, 3)) {
      await assert.rejects(result, { code: "RPC_ABORTED", cause: new Error("enough") });
    }
    assert.equal(connection.outstanding, 1);
    await assert.rejects(connection.call(RUN, 1, { signal: one.signal }), { code: "RPC_ABORTED" });
    two.abort();
    await assert.rejects(calls[3] as Promise<number>, { code: "RPC_ABORTED" });
    assert.equal(connection.outstanding, 0);
    await connection.close();
    await server.close();
  });

  it("of a connection without a socket", async () => {
    const started = gate();
    const why = gate<string>();
    const server = new RpcServer().add(
      testService(async (arg, { signal }) => {
        started.open();
        why.open(await aborted(signal));
        return arg;
      }),
    );
    const connection = server.connect();
    const result = assert.rejects(connection.call(RUN, 1), { code: "RPC_CLOSED" });
    await started.promise;
    await connection.close();
    await result;
    assert.equal(await why.promise, "the connection has ended");
    await server.close();
  });
});
