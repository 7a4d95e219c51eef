import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  type Guard,
  type ServerAnswerEvent,
  type ServerCallEvent,
  type ServerOptions,
  RpcServer,
  connect,
} from "../../src/runtime/index.ts";
import { needs } from "../interop/namespace.ts";
import { until } from "./raw-server.ts";
import { ECHO, PROGRAM, RawPeer, SERVICE, VERSION, call, hexWords, serve, testService, words } from "./support.ts";
import { type Pki, makePki } from "./tls-support.ts";

/** What a server says of itself, beside the reply. */
const CASES: readonly (readonly [reason: string, message: Buffer, procedure: readonly unknown[] | undefined])[] = [
  ["RPC_MISMATCH", words(1, 0, 3, PROGRAM, VERSION, 1), undefined],
  ["PROG_UNAVAIL", words(1, 0, 2, 7, 8, 9, 0, 0, 0, 0), ["0x00000007", 8, 9, "9"]],
  ["PROG_MISMATCH", words(1, 0, 2, PROGRAM, 9, 1, 0, 0, 0, 0), ["TEST_PROG", 9, 1, "1"]],
  ["PROC_UNAVAIL", call(1, 77), ["TEST_PROG", VERSION, 77, "77"]],
  ["AUTH_REJECTEDCRED", words(1, 0, 2, PROGRAM, VERSION, 1, 6, 0, 0, 0), ["TEST_PROG", VERSION, 1, "ECHO"]],
  ["AUTH_BADCRED", words(1, 0, 2, PROGRAM, VERSION, 0, 1, 4, 0, 0, 0), ["TEST_PROG", VERSION, 0, "NULL"]],
];

describe("runtime: what a server answers without a handler", () => {
  const told: ServerAnswerEvent[] = [];
  const ended: ServerCallEvent[] = [];
  const answer = (message: unknown): void => void told.push(message as ServerAnswerEvent);
  const end = (message: unknown): void => void ended.push(message as ServerCallEvent);

  beforeEach(() => {
    told.length = ended.length = 0;
    subscribe("tsrpcgen.server.answer", answer);
    subscribe("tsrpcgen.server.call.end", end);
  });

  afterEach(() => {
    unsubscribe("tsrpcgen.server.answer", answer);
    unsubscribe("tsrpcgen.server.call.end", end);
  });

  for (const [reason, message, procedure] of CASES) {
    it(`${reason} is counted, and told on a channel`, async () => {
      const { server, bound } = await serve("tcp");
      const peer = await RawPeer.connect(bound);
      assert.deepEqual(server.stats().answered, {});
      await peer.ask(message);
      await peer.ask(message);
      assert.deepEqual(server.stats().answered, { [reason]: 2 });
      assert.equal(told.length, 2);
      const [event] = told;
      assert.deepEqual([event?.reason, event?.xid, event?.transport, event?.encrypted], [reason, 1, "tcp", false]);
      assert.equal(event?.peer.port, (peer.socket.address() as { port: number }).port);
      const of = event.procedure;
      assert.deepEqual(of && [of.programName, of.version, of.number, of.name], procedure);
      assert.equal(ended.length, 0);
      peer.socket.destroy();
      await server.close();
    });
  }

  it("a header that can't be read is counted", async () => {
    const { server, bound } = await serve("tcp");
    const peer = await RawPeer.connect(bound);
    peer.send(words(1, 0));
    peer.send(words(2, 0, 2, PROGRAM, VERSION, 1, 0, 1000));
    await peer.ask(call(3, ECHO.number, 1));
    assert.deepEqual(server.stats().answered, { MALFORMED: 2 });
    assert.deepEqual(told.map(({ xid, reason }) => [xid, reason]), [[2, "MALFORMED"]]); // prettier-ignore
    peer.socket.destroy();
    await server.close();
  });

  it("grows by no number that a caller chooses", async () => {
    unsubscribe("tsrpcgen.server.answer", answer);
    const server = new RpcServer().add(testService());
    const connection = server.connect();
    for (let i = 0; i < 1000; i++) {
      const program = 0x3000_0000 + i;
      await assert.rejects(connection.call({ ...ECHO, program }, 1), { code: "RPC_PROGUNAVAIL" });
      await assert.rejects(connection.call({ ...ECHO, number: 1000 + i }, 1), { code: "RPC_PROCUNAVAIL" });
      await assert.rejects(connection.call({ ...ECHO, version: 1000 + i }, 1), { code: "RPC_PROGVERSMISMATCH" });
    }
    assert.deepEqual(server.stats().answered, { PROG_UNAVAIL: 1000, PROC_UNAVAIL: 1000, PROG_MISMATCH: 1000 });
    await connection.close();
    await server.close();
  });

  it("NULL that nobody declared is a call like others for who listens, counted by itself", async () => {
    const { server, bound } = await serve("tcp");
    const peer = await RawPeer.connect(bound);
    assert.equal(await peer.ask(call(5, 0)), "00000005 00000001 00000000 00000000 00000000 00000000");
    assert.deepEqual(server.stats().answered, { NULL: 1 });
    const [event] = ended;
    assert.deepEqual([event?.ctx.xid, event?.ctx.procedure.name, event?.ctx.procedure.number, event?.outcome], [5, "NULL", 0, "SUCCESS"]); // prettier-ignore
    assert.equal(told.length, 0);
    peer.socket.destroy();
    await server.close();
  });

  it("NULL is answered at once while the handlers have all their places taken", async () => {
    const service = testService(() => new Promise<never>(() => undefined));
    const options = { maxConcurrentCalls: 1, maxQueuedCalls: 2, closeTimeoutMs: 0 };
    const { server, bound } = await serve("tcp", service, options);
    const peer = await RawPeer.connect(bound);
    peer.send(call(1, 4, 1));
    peer.send(call(2, 4, 1));
    await until(() => server.stats().queued === 1);
    const other = await RawPeer.connect(bound);
    assert.equal(await other.ask(call(6, 0)), "00000006 00000001 00000000 00000000 00000000 00000000");
    peer.socket.destroy();
    other.socket.destroy();
    await server.close();
  });
});

describe("runtime: a guard and NULL that nobody declared", () => {
  const guards: readonly (readonly [string, Guard])[] = [
    ["at once", (ctx) => ctx.reject("AUTH_TOOWEAK")],
    [
      "later",
      async (ctx) => {
        await new Promise(setImmediate);
        ctx.reject("AUTH_TOOWEAK");
      },
    ],
  ];
  for (const [when, guard] of guards) {
    it(`it is refused ${when}, and counted so`, async () => {
      const { server, bound } = await serve("tcp", testService(), { guard });
      const peer = await RawPeer.connect(bound);
      peer.send(call(7, 0));
      assert.equal(hexWords(await peer.receive()), "00000007 00000001 00000001 00000001 00000005");
      assert.deepEqual(server.stats().answered, { AUTH_TOOWEAK: 1 });
      peer.socket.destroy();
      await server.close();
    });
  }

  describe("over TLS", () => {
    let pki: Pki;
    before(needs({ commands: { openssl: "openssl" } }));
    before(() => {
      pki = makePki();
    });
    after(() => {
      pki.remove();
    });

    it("the probe for TLS is no call: a guard that lets nothing pass in clear does not keep it out", async () => {
      const options: ServerOptions = {
        tls: { ...pki.server, mode: "opportunistic" },
        guard: (ctx) => {
          if (!ctx.encrypted) ctx.reject("AUTH_TOOWEAK");
        },
      };
      const { server, to } = await serve("tcp", testService(), options);
      const ping = { ...ECHO, number: 0, args: { encode: () => undefined, decode: () => 0 }, result: { encode: () => undefined, decode: () => 0 } }; // prettier-ignore
      await using secure = await connect(SERVICE, { ...to, tls: { mode: "required", ca: pki.authority.cert } });
      assert.equal(await secure.call(ping, 0), 0);
      await using clear = await connect(SERVICE, to);
      await assert.rejects(clear.call(ping, 0), { authStat: "AUTH_TOOWEAK" });
      assert.deepEqual(server.stats().answered, { AUTH_ANSWERED: 1, NULL: 1, AUTH_TOOWEAK: 1 });
      await server.close();
    });
  });
});
