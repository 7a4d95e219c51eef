import assert from "node:assert/strict";
import { IdleTimer } from "../../src/runtime/idle.ts";
import { RpcServer, connect } from "../../src/runtime/index.ts";
import { ECHO, RUN, SERVICE, TRANSPORTS, connectTo, serve, testService } from "./support.ts";

describe("runtime: a server that nobody calls", () => {
  for (const transport of TRANSPORTS) {
    it(`idleTimeoutMs 0: closes after its first call, which is answered (${transport})`, async () => {
      const { server, bound } = await serve(transport, testService(), { idleTimeoutMs: 0 });
      const client = await connect(SERVICE, { ...connectTo(bound), reconnect: false });
      assert.equal(await client.call(ECHO, 5), 5);
      await server.close(); // it does so by itself; this waits for it
      assert.equal(server.connections, 0);
      if (transport !== "udp") await client.closed;
      await client.close();
    });
  }

  it("closes by itself when the time is over, and its connections with it", async () => {
    const { bound } = await serve("tcp", testService(), { idleTimeoutMs: 30 });
    const visit = async (): Promise<void> => {
      for (;;) await (await connect(SERVICE, { ...connectTo(bound), reconnect: false })).closed;
    };
    await assert.rejects(visit(), { code: "RPC_CANTCONNECT" });
  });

  it("a call that runs is answered before it closes", async () => {
    let finish: (value: number) => void = () => undefined;
    let running: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (running = resolve));
    const run = (): Promise<number> => new Promise((resolve) => { finish = resolve; running(); }); // prettier-ignore
    const { bound } = await serve("tcp", testService(run), { idleTimeoutMs: 0 });
    await using client = await connect(SERVICE, { ...connectTo(bound), reconnect: false });
    const answer = client.call(RUN, 1);
    await started;
    finish(7);
    assert.equal(await answer, 7);
    await client.closed;
  });

  it("the timer: while calls run it begins anew at their end; stopped it ends nothing", async () => {
    const work = {
      running: 1,
      idle: () =>
        new Promise<void>((resolve) => {
          asked(resolve);
        }),
    };
    let asked: (resolve: () => void) => void = () => undefined;
    const waits = new Promise<() => void>((resolve) => (asked = resolve));
    let ended = 0;
    const end = new Promise<void>((resolve) => {
      const timer = new IdleTimer(1, work, () => {
        ended++;
        resolve();
      });
      timer.start();
    });
    const keepAlive = setInterval(() => undefined, 1000); // the timer holds no process
    const answered = await waits;
    assert.equal(ended, 0);
    work.running = 0;
    answered();
    await end;
    assert.equal(ended, 1);
    const stopped = new IdleTimer(0, { running: 0, idle: () => Promise.resolve() }, () => ended++);
    stopped.stop();
    stopped.touch();
    await Promise.resolve();
    assert.equal(ended, 1);
    clearInterval(keepAlive);
  });

  it("a time that is none is a RangeError", () => {
    for (const idleTimeoutMs of [NaN, -1]) assert.throws(() => new RpcServer({ idleTimeoutMs }), RangeError);
  });
});
