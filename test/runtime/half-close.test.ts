import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type RpcContext, type ServerAuth } from "../../src/runtime/index.ts";
import { gate, until } from "./raw-server.ts";
import { ECHO, RUN, RawPeer, call, hexWords, record, serve, testService, words } from "./support.ts";
import { PROGRAM, VERSION } from "./support.ts";

const reply = (xid: number, value: number): string => hexWords(words(xid, 1, 0, 0, 0, 0, value)); // REPLY, MSG_ACCEPTED, AUTH_NONE, SUCCESS

describe("runtime: a client that ends its sending side behind its calls", () => {
  for (const transport of ["tcp", "local"] as const) {
    it(`gets the replies of what runs, late ones too, and then the end: ${transport}`, async () => {
      const goOn = gate();
      const contexts: RpcContext[] = [];
      const service = testService(async (arg, ctx) => {
        contexts.push(ctx);
        await goOn.promise;
        return arg;
      });
      const { server, bound } = await serve(transport, service);
      const to = bound.path === "" ? { host: bound.host, port: bound.port } : { path: bound.path };
      const socket = connectSocket({ ...to, allowHalfOpen: true });
      const peer = RawPeer.over(socket);
      socket.end(Buffer.concat([call(1, ECHO.number, 7), call(2, RUN.number, 8), call(3, RUN.number, 9)].map(record)));
      assert.equal(hexWords(await peer.receive()), reply(1, 7));
      // It may as well be gone, and whoever wants to know is told.
      await until(() => contexts.length === 2 && contexts.every(({ signal }) => signal.aborted));
      assert.equal(server.connections, 0);
      goOn.open();
      assert.equal(hexWords(await peer.receive()), reply(2, 8));
      assert.equal(hexWords(await peer.receive()), reply(3, 9));
      await once(socket, "end");
      socket.destroy();
      await server.close();
    });
  }

  it("is answered where its credentials take their time", async () => {
    const goOn = gate();
    const slow: ServerAuth = { flavor: 99, authenticate: () => goOn.promise.then(() => ({ kind: "accept" })) };
    const { server, bound } = await serve("tcp", testService(), { auth: [slow] });
    const socket = connectSocket({ host: bound.host, port: bound.port, allowHalfOpen: true });
    socket.end(record(words(1, 0, 2, PROGRAM, VERSION, ECHO.number, 99, 0, 0, 0, 42)));
    await until(() => server.connections === 1);
    await until(() => server.connections === 0);
    goOn.open();
    assert.equal(hexWords(await RawPeer.over(socket).receive()), reply(1, 42));
    await once(socket, "close");
    await server.close();
  });

  it("does not wait for more than stallTimeoutMs, nor keeps a server from closing", async () => {
    const service = testService(() => new Promise<never>(() => undefined));
    for (const options of [{ stallTimeoutMs: 30, closeTimeoutMs: 0 }, { closeTimeoutMs: 0 }]) {
      const { server, bound } = await serve("tcp", service, options);
      const socket = connectSocket({ host: bound.host, port: bound.port, allowHalfOpen: true });
      socket.end(record(call(1, RUN.number, 1)));
      socket.resume();
      await until(() => server.connections === 1);
      await until(() => server.connections === 0);
      const ended = once(socket, "close");
      if (!("stallTimeoutMs" in options)) await server.close();
      await ended;
      await server.close();
    }
  });
});
