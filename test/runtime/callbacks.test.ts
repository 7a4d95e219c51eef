import assert from "node:assert/strict";
import {
  RpcClient,
  type RpcConnection,
  type RpcContext,
  RpcServer,
  type RpcService,
  connect,
  method,
  rpcService,
} from "../../src/runtime/index.ts";
import { gate, until } from "./raw-server.ts";
import { ECHO, RUN, SERVICE, TEXT, serve, testService } from "./support.ts";

const NOTIFY = { ...RUN, program: 0x2000_0099, programName: "CALLBACK_PROG", version: 1, number: 1, name: "NOTIFY" };

/** What the generator makes of a program for callbacks. */
class CallbackClient extends RpcClient {
  notify(value: number): Promise<number> {
    return this.connection.call(NOTIFY, value);
  }
}

function callbackService(notify: (value: number, ctx: RpcContext) => number | Promise<number>): RpcService {
  return rpcService("CALLBACK_PROG", NOTIFY.program, 1, [
    method(NOTIFY, notify, (handler, arg, ctx) => handler(arg, ctx)),
  ]);
}

/** A handler answers with a number. */
function codeLength(error: unknown): number {
  return (error as { code: string }).code.length;
}

describe("runtime: calls back over the client's connection", () => {
  for (const way of ["tcp", "local", "memory"] as const) {
    describe(`over ${way}`, () => {
      let server: RpcServer;
      let connection: RpcConnection;
      const callbacks: RpcServer[] = [];

      const start = async (service: RpcService): Promise<void> => {
        if (way === "memory") {
          server = new RpcServer({ closeTimeoutMs: 20 }).add(service);
          connection = server.connect({ timeoutMs: 2000 });
          return;
        }
        const served = await serve(way, service, { closeTimeoutMs: 20 });
        ({ server } = served);
        connection = await connect(SERVICE, { ...served.to, timeoutMs: 2000 });
      };
      const attach = (service: RpcService): RpcServer => {
        const made = new RpcServer({ closeTimeoutMs: 20 }).add(service).attach(connection);
        callbacks.push(made);
        return made;
      };

      afterEach(async () => {
        await connection.close();
        await Promise.all(callbacks.splice(0).map((each) => each.close()));
        await server.close();
      });

      it("while the client's own call waits for them", async () => {
        const notified: unknown[] = [];
        await start(
          testService(async (arg, { connection: back }) => 10 * (await new CallbackClient(back).notify(arg))),
        );
        attach(
          callbackService((value, ctx) => {
            notified.push([value, ctx.connection === connection, ctx.transport]);
            return value + 1;
          }),
        );
        assert.equal(await connection.call(RUN, 4), 50);
        assert.deepEqual(notified, [[4, true, way === "memory" ? "local" : way]]);
      });

      it("both ways at once, many of them", async () => {
        let back: RpcConnection | undefined;
        await start(testService((arg, ctx) => ((back = ctx.connection), arg)));
        attach(callbackService((value) => -value));
        await connection.call(RUN, 0);
        assert(back !== undefined);
        const client = new CallbackClient(back);
        const values = Array.from({ length: 100 }, (_, i) => i + 1);
        const [there, here] = await Promise.all([
          Promise.all(values.map((value) => connection.call(ECHO, value))),
          Promise.all(values.map((value) => client.notify(value))),
        ]);
        assert.deepEqual(there, values);
        assert.deepEqual(here, values.map((value) => -value)); // prettier-ignore
        assert.deepEqual([connection.stats().strayReplies, back.stats().strayReplies], [0, 0]);
      });

      it("as deep as handlers go: a callback calls on in turn", async () => {
        await start(
          testService(async (arg, { connection: back }) =>
            arg === 0 ? 0 : 1 + (await new CallbackClient(back).notify(arg - 1)),
          ),
        );
        attach(callbackService((value) => connection.call(RUN, value)));
        assert.equal(await connection.call(RUN, 20), 20);
      });

      it("a client that serves nothing is not heard of: the call times out", async () => {
        await start(testService(async (arg, { connection: back }) => back.call(NOTIFY, arg, { timeoutMs: 20 }).catch(codeLength))); // prettier-ignore
        assert.equal(await connection.call(RUN, 1), "RPC_TIMEDOUT".length);
      });

      it("a service that the client's server lacks is PROG_UNAVAIL to the server", async () => {
        await start(testService(async (arg, { connection: back }) => back.call(NOTIFY, arg).catch(codeLength))); // prettier-ignore
        attach(testService());
        assert.equal(await connection.call(RUN, 1), "RPC_PROGUNAVAIL".length);
      });

      it("one server at a time; one that has closed leaves the connection to another, and to its owner", async () => {
        await start(testService(async (arg, { connection: back }) => new CallbackClient(back).notify(arg)));
        const first = attach(callbackService(() => 1));
        assert.throws(() => new RpcServer().attach(connection), /has a server already/);
        assert.equal(await connection.call(RUN, 0), 1);
        await first.close();
        assert.throws(() => first.attach(connection), { code: "RPC_CLOSED" });
        assert.equal(connection.connected, true);
        assert.equal(await connection.call(TEXT, "still"), "still");
        attach(callbackService(() => 2));
        assert.equal(await connection.call(RUN, 0), 2);
      });

      it("the client's server closes: its handler's signal fires, the connection lives", async () => {
        const started = gate();
        const fired = gate<unknown>();
        await start(testService(async (arg, { connection: back }) => new CallbackClient(back).notify(arg)));
        const mine = attach(
          callbackService(async (value, { signal }) => {
            signal.addEventListener("abort", () => {
              fired.open(signal.reason);
            });
            started.open();
            await fired.promise;
            return value;
          }),
        );
        const result = connection.call(RUN, 6);
        await started.promise;
        await mine.close();
        assert.match(String(await fired.promise), /the server closes/);
        assert.equal(await result, 6);
      });

      it("the server closes while it waits for a callback: its call ends, and so does the client's", async () => {
        const started = gate();
        let seen: unknown;
        await start(
          testService(async (arg, { connection: back }) => {
            try {
              return await new CallbackClient(back).notify(arg);
            } catch (error) {
              seen = (error as { code?: string }).code;
              return 0;
            }
          }),
        );
        attach(
          callbackService(async (value, { signal }) => {
            started.open();
            await new Promise((resolve) => {
              signal.addEventListener("abort", resolve);
            });
            return value;
          }),
        );
        const result = assert.rejects(connection.call(RUN, 6), { code: "RPC_CANTRECV" });
        await started.promise;
        await server.close();
        await result;
        await until(() => seen !== undefined);
        assert.equal(seen, "RPC_CLOSED");
      });
    });
  }

  it("over udp a server has no connection to call back on: that is told at once", async () => {
    const { server, to } = await serve(
      "udp",
      testService(async (arg, { connection: back }) => back.call(NOTIFY, arg).catch(codeLength)),
    );
    const connection = await connect(SERVICE, to);
    assert.equal(await connection.call(RUN, 1), "RPC_CANTSEND".length);
    await connection.close();
    await server.close();
  });

  it("a connection that was made again serves on", async () => {
    const { server, to } = await serve(
      "tcp",
      testService(async (arg, { connection: back }) => new CallbackClient(back).notify(arg)),
    );
    const connection = await connect(SERVICE, to);
    const mine = new RpcServer().add(callbackService((value) => value + 1)).attach(connection);
    assert.equal(await connection.call(RUN, 1), 2);
    await server.close();
    await until(() => !connection.connected);
    const again = new RpcServer().add(
      testService(async (arg, { connection: back }) => new CallbackClient(back).notify(arg)),
    );
    await again.listen({ host: "127.0.0.1", port: to.port ?? 0, udp: false, local: false, portmap: "off" });
    assert.equal(await connection.call(RUN, 2), 3);
    await mine.close();
    await connection.close();
    await again.close();
  });
});
