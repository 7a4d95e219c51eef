import assert from "node:assert/strict";
import { type RpcConnection, RpcServer, connect } from "../../src/runtime/index.ts";
import { XdrWriter } from "../../src/xdr/index.ts";
import { ContextAuth, ContextServer, FLAVOR } from "./context-flavor.ts";
import { gate } from "./raw-server.ts";
import {
  ABSENT,
  ECHO,
  PROGRAM,
  RUN,
  RawPeer,
  SERVICE,
  TEXT,
  TRANSPORTS,
  VERSION,
  call,
  hexWords,
  serve,
  testService,
} from "./support.ts";

/** A table of transports: how a client comes to its connection. */
const WAYS = [...TRANSPORTS, "memory"] as const;

describe("runtime: a flavor with contexts, sequence numbers, wrapped bodies and verifiers", () => {
  for (const way of WAYS) {
    describe(`over ${way}`, () => {
      let auth: ContextAuth;
      let flavor: ContextServer;
      let server: RpcServer;
      let connection: RpcConnection;
      let identities: unknown[];

      beforeEach(async () => {
        identities = [];
        flavor = new ContextServer();
        auth = new ContextAuth("alice");
        const service = testService((arg, { caller: { identity, claimed, proven, flavor: number } }) => {
          identities.push([identity, claimed, proven === undefined || way === "local", number]);
          return arg;
        });
        if (way === "memory") {
          server = new RpcServer({ auth: [flavor] }).add(service);
          connection = server.connect({ auth });
        } else {
          const served = await serve(way, service, { auth: [flavor] });
          ({ server } = served);
          connection = await connect(SERVICE, { ...served.to, auth });
        }
      });

      afterEach(async () => {
        await connection.close();
        await server.close();
      });

      it("many calls wait for one set-up, of two NULL calls in front of the first; each has a number of its own", async () => {
        const values = Array.from({ length: 10 }, (_, i) => i);
        assert.deepEqual(await Promise.all(values.map((value) => connection.call(ECHO, value))), values);
        assert.deepEqual(flavor.log.slice(0, 2).map(({ kind, sequence, procedure }) => [kind, sequence, procedure]), [[1, 0, 0], [2, 0, 0]]); // prettier-ignore
        const calls = flavor.log.slice(2);
        assert(calls.every(({ kind, procedure }) => kind === 0 && procedure === ECHO.number));
        assert.equal(new Set(calls.map(({ sequence }) => sequence)).size, calls.length);
        assert.equal(await connection.call(TEXT, "and later"), "and later");
        assert.equal(flavor.established, 1);
      });

      it("ctx.caller has what is proven, and nothing that is claimed", async () => {
        assert.equal(await connection.call(RUN, 1), 1);
        assert.deepEqual(identities, [["alice", undefined, true, FLAVOR]]);
      });

      it("a set-up that fails fails the calls that wait for it, and the next one tries again", async () => {
        flavor.refuse = 1;
        const results = await Promise.allSettled([1, 2, 3].map((value) => connection.call(ECHO, value)));
        for (const result of results) {
          assert(result.status === "rejected");
          const { code, cause } = result.reason as { code: string; cause: { code: string; authStat: string } };
          assert.equal(code, "RPC_AUTHERROR");
          assert.deepEqual([cause.code, cause.authStat], ["RPC_AUTHERROR", "AUTH_REJECTEDCRED"]);
        }
        assert.equal(connection.outstanding, 0);
        assert.equal(await connection.call(ECHO, 4), 4);
      });

      it("a context that the server has lost is made anew, once for all calls, each of which is run once", async () => {
        assert.equal(await connection.call(RUN, 0), 0);
        flavor.forget();
        assert.deepEqual(
          await Promise.all([1, 2, 3, 4, 5].map((value) => connection.call(RUN, value))),
          [1, 2, 3, 4, 5],
        );
        assert.equal(flavor.established, 2);
        assert.equal(identities.length, 6);
      });

      it("a reply's verifier is checked, of errors too", async () => {
        await connection.call(ECHO, 0);
        await assert.rejects(connection.call(ABSENT, undefined), { code: "RPC_PROCUNAVAIL" });
        flavor.spoil = "verifier";
        for (const procedure of [ECHO, { ...ECHO, number: ABSENT.number }, { ...ECHO, number: 0 }]) {
          await assert.rejects(connection.call(procedure, 1), { code: "RPC_AUTHERROR", authStat: "AUTH_INVALIDRESP" });
        }
      });

      it("a reply's body is checked", async () => {
        await connection.call(ECHO, 0);
        flavor.spoil = "body";
        await assert.rejects(connection.call(ECHO, 1), (error: { code?: string; cause?: unknown }) => {
          assert.equal(error.code, "RPC_CANTDECODERES");
          assert.match(String(error.cause), /the body's code is wrong/);
          return true;
        });
      });

      it("a call's body is checked, of the NULL procedure too", async () => {
        await connection.call(ECHO, 0);
        const wrap = auth.wrap.bind(auth);
        auth.wrap = (args, of) => {
          const body = wrap(args, of).slice();
          body[8] = 0x77; // the first byte of the arguments
          return body;
        };
        for (const procedure of [ECHO, { ...ECHO, number: 0 }]) {
          await assert.rejects(connection.call(procedure, 1), { code: "RPC_CANTDECODEARGS" });
        }
      });

      it("a procedure 0 that is not declared is answered in the context", async () => {
        await connection.call({ ...ABSENT, number: 0 }, undefined);
        assert.deepEqual(
          flavor.log.map(({ kind }) => kind),
          [1, 2, 0],
        );
      });

      it("one-way calls wait for the context too, and leave in their order", async () => {
        const sent = [1, 2, 3].map((value) => connection.send(RUN, value));
        const last = connection.call(RUN, 4);
        await Promise.all(sent);
        assert.equal(await last, 4);
        const numbers = flavor.log.filter(({ kind }) => kind === 0).map(({ sequence }) => sequence);
        assert.deepEqual(
          numbers,
          [...numbers].sort((a, b) => a - b),
        );
        assert.equal(identities.length, 4);
        assert.equal(connection.stats().strayReplies, 3);
      });
    });
  }

  it("a datagram that is sent again has its xid and a new number; a reply to any of them is taken", async () => {
    const flavor = new ContextServer();
    const { server, to } = await serve("udp", testService(), { auth: [flavor] });
    const connection = await connect(SERVICE, { ...to, auth: new ContextAuth("bob"), tryTimeoutMs: 20 });
    assert.equal(await connection.call(ECHO, 1), 1);
    const before = flavor.log.length;
    flavor.lose = 2;
    assert.equal(await connection.call(ECHO, 2), 2);
    const sent = flavor.log.slice(before);
    assert(sent.length >= 3);
    assert.equal(new Set(sent.map(({ xid }) => xid)).size, 1);
    assert.equal(new Set(sent.map(({ sequence }) => sequence)).size, sent.length);
    await connection.close();
    await server.close();
  });

  it("a call that someone else has recorded and sends again is dropped", async () => {
    const flavor = new ContextServer();
    const auth = new ContextAuth("carol");
    const { server, to, bound } = await serve("tcp", testService(), { auth: [flavor] });
    const connection = await connect(SERVICE, { ...to, auth });
    await connection.call(ECHO, 1);
    const w = new XdrWriter();
    for (const word of [0x1234, 0, 2, PROGRAM, VERSION, ECHO.number]) w.uint32(word);
    const made = { xid: 0x1234, procedure: ECHO, channel: connection, authState: undefined };
    auth.marshal(w, made);
    const body = auth.wrap(Buffer.from([0, 0, 0, 9]), made);
    w.opaqueFixed(body, body.length);
    const message = Buffer.from(w.bytes());
    const thief = await RawPeer.connect(bound);
    assert.match(await thief.ask(message), /^00001234 00000001 00000000 4d414331 /);
    thief.send(message);
    assert.match(await thief.ask(call(2, ECHO.number, 5)), /^00000002 /);
    assert.equal(flavor.replays, 1);
    const forged = Buffer.from(message);
    forged.writeUInt32BE(0x4321); // the verifier covers the xid
    assert.equal(await thief.ask(forged), "00004321 00000001 00000001 00000001 0000000d");
    assert.match(hexWords(message), /^00001234/);
    thief.socket.destroy();
    await connection.close();
    await server.close();
  });

  it("a call waits for a set-up no longer than its time, its signal and its connection allow", async () => {
    const { promise: never } = gate();
    const auth = { flavor: 0, setUp: () => never, marshal: () => undefined };
    const { server, to } = await serve("tcp");
    const connection = await connect(SERVICE, to);
    await assert.rejects(connection.call(ECHO, 1, { auth, timeoutMs: 5 }), { code: "RPC_TIMEDOUT" });
    const closed = assert.rejects(connection.call(ECHO, 1, { auth }), { code: "RPC_CLOSED" });
    const controller = new AbortController();
    const aborted = assert.rejects(connection.call(ECHO, 1, { auth, signal: controller.signal }), {
      code: "RPC_ABORTED",
    });
    controller.abort();
    await aborted;
    await connection.close();
    await closed;
    await server.close();
  });

  it("a flavor that throws at once fails the call, and leaves nothing behind", async () => {
    const { server, to } = await serve("tcp");
    const connection = await connect(SERVICE, to);
    const setUp = (): Promise<void> => {
      throw new Error("no ticket");
    };
    const auth = { flavor: 0, setUp, marshal: () => undefined };
    await assert.rejects(connection.call(ECHO, 1, { auth }), { code: "RPC_AUTHERROR", cause: new Error("no ticket") });
    await assert.rejects(connection.send(ECHO, 1, { auth }), { code: "RPC_AUTHERROR", cause: new Error("no ticket") });
    assert.equal(connection.outstanding, 0);
    await connection.close();
    await server.close();
  });
});
