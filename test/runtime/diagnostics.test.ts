import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type ClientCallEvent, NO_REPLY, RpcServer, type ServerCallEvent, connect } from "../../src/runtime/index.ts";
import { clientCalls, serverCalls } from "../../src/runtime/diagnostics.ts";
import { RawServer, gate } from "./raw-server.ts";
import { ABSENT, ECHO, NOTHING, RUN, SERVICE, TEXT, serve, testService, words } from "./support.ts";

const CHANNELS = ["tsrpcgen.client.call.start", "tsrpcgen.client.call.end", "tsrpcgen.server.call.start", "tsrpcgen.server.call.end"] as const; // prettier-ignore

describe("runtime: diagnostics channels", () => {
  const log: { channel: string; message: unknown; at: { error?: unknown; outcome?: string; durationMs?: number } }[] =
    [];
  const listen = (message: unknown, channel: string | symbol): void => {
    log.push({ channel: String(channel), message, at: { ...(message as object) } });
  };

  beforeEach(() => {
    log.length = 0;
    for (const channel of CHANNELS) subscribe(channel, listen);
  });

  afterEach(() => {
    for (const channel of CHANNELS) unsubscribe(channel, listen);
  });

  const of = (channel: string): typeof log => log.filter((each) => each.channel === channel);

  it("a call is one object at its start and at its end, on both sides", async () => {
    const { server, to, bound } = await serve("tcp");
    const connection = await connect(SERVICE, to);
    await connection.call(ECHO, 1);
    assert.deepEqual(log.map(({ channel }) => channel), [CHANNELS[0], CHANNELS[2], CHANNELS[3], CHANNELS[1]]); // prettier-ignore
    const [started, served, ended, answered] = log;
    assert.equal(started?.message, answered?.message);
    assert.equal(served?.message, ended?.message);
    assert.equal(started?.at.durationMs, undefined);
    assert.equal(served?.at.outcome, undefined);
    const client = answered?.message as ClientCallEvent;
    assert.deepEqual([client.procedure.name, client.transport, client.peer?.port, client.isOneWay, client.error], ["ECHO", "tcp", bound.port, false, undefined]); // prettier-ignore
    const answer = ended?.message as ServerCallEvent;
    assert.deepEqual([answer.ctx.xid, answer.ctx.procedure.name, answer.outcome, answer.error], [client.xid, "ECHO", "SUCCESS", undefined]); // prettier-ignore
    const [own = NaN, other = NaN] = [answer.durationMs, client.durationMs];
    assert(own >= 0 && own <= other && other < 5000, `${own} within ${other}`);
    await connection.close();
    await server.close();
  });

  it("a client's call that fails says why, whichever way it ends", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect({ reconnect: false });
    const controller = new AbortController();
    let ends = 0;
    const fail = async (code: string, result: Promise<unknown>): Promise<void> => {
      ends++;
      await assert.rejects(result, { code });
      const last = of(CHANNELS[1]);
      assert.equal(last.length, ends);
      assert.equal((last.at(-1)?.at.error as { code?: string }).code, code);
      assert.equal(typeof last.at(-1)?.at.durationMs, "number");
    };
    await fail("RPC_TIMEDOUT", connection.call(ECHO, 1, { timeoutMs: 5 }));
    await peer.receive();
    const aborted = connection.call(ECHO, 1, { signal: controller.signal });
    controller.abort();
    await fail("RPC_ABORTED", aborted);
    await peer.receive();
    const refused = connection.call(ECHO, 1);
    peer.send(Buffer.concat([(await peer.receive()).subarray(0, 4), words(1, 0, 0, 0, 3)]));
    await fail("RPC_PROCUNAVAIL", refused);
    const garbled = connection.call(TEXT, "");
    peer.send(Buffer.concat([(await peer.receive()).subarray(0, 4), words(1, 0, 0, 0, 0, 77)]));
    await fail("RPC_CANTDECODERES", garbled);
    const lost = connection.call(ECHO, 1);
    peer.socket.destroy();
    await fail("RPC_CANTRECV", lost);
    assert.equal(of(CHANNELS[0]).length, of(CHANNELS[1]).length);
    await connection.close();
    await server.close();
  });

  it("a server's call says what its caller was told", async () => {
    const never = new Error("unlucky");
    const service = testService((arg, ctx) => {
      if (arg === 1) throw never;
      if (arg === 2) ctx.reject("AUTH_TOOWEAK");
      if (arg === 3) ctx.reject({ code: "PROG_MISMATCH", low: 1, high: 2 });
      return NO_REPLY;
    });
    const { server, to } = await serve("tcp", service, { onError: () => undefined });
    const connection = await connect(SERVICE, to);
    for (const arg of [1, 2, 3]) await assert.rejects(connection.call(RUN, arg));
    await connection.send(RUN, 4);
    await assert.rejects(connection.call({ ...NOTHING, number: RUN.number }, undefined), {
      code: "RPC_CANTDECODEARGS",
    });
    await connection.call(NOTHING, undefined);
    const ends = of(CHANNELS[3]).map(({ at: { outcome, error } }) => [outcome, error]);
    assert.deepEqual(ends, [
      ["SYSTEM_ERR", never],
      ["AUTH_TOOWEAK", undefined],
      ["PROG_MISMATCH", undefined],
      ["NO_REPLY", undefined],
      ["GARBAGE_ARGS", undefined],
      ["SUCCESS", undefined],
    ]);
    assert.equal(of(CHANNELS[2]).length, 6);
    await connection.close();
    await server.close();
  });

  it("a one-way call ends when it is sent, or can't be", async () => {
    const { server, to } = await serve(
      "udp",
      testService(() => NO_REPLY),
    );
    const connection = await connect(SERVICE, to);
    await connection.send(RUN, 1);
    await assert.rejects(connection.send(RUN, "x" as unknown as number), { code: "RPC_CANTENCODEARGS" });
    const [sent, failed] = of(CHANNELS[1]).map(({ message }) => message as ClientCallEvent);
    assert.deepEqual([sent?.isOneWay, sent?.error, failed?.isOneWay, failed?.error?.code], [true, undefined, true, "RPC_CANTENCODEARGS"]); // prettier-ignore
    await connection.close();
    await server.close();
  });

  it("only with subscribers there are events to be made", () => {
    for (const channel of CHANNELS) unsubscribe(channel, listen);
    assert.deepEqual([clientCalls.isWatched, serverCalls.isWatched], [false, false]);
    const one = (): void => undefined;
    subscribe(CHANNELS[1], one);
    assert.deepEqual([clientCalls.isWatched, serverCalls.isWatched], [true, false]);
    unsubscribe(CHANNELS[1], one);
  });
});

describe("runtime: TSRPC_DEBUG", () => {
  const program = fileURLToPath(new URL("debug-program.js", import.meta.url));
  const run = async (debug: string | undefined): Promise<string> => {
    const env = { ...process.env };
    delete env.TSRPC_DEBUG;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], {
      env: debug === undefined ? env : { ...env, TSRPC_DEBUG: debug },
    });
    assert.equal(stdout, "done\n");
    return stderr;
  };

  it("is silent where it is not set, or is for something else", async () => {
    assert.equal(await run(undefined), "");
    assert.equal(await run("nothing"), "");
  });

  for (const debug of ["calls", "other,calls"]) {
    it(`${debug}: one line for each call that has ended`, async () => {
      const lines = (await run(debug)).trimEnd().split("\n");
      const line =
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (client|server) (tcp 127\.0\.0\.1:\d+) (TEST_PROG 3 \w+) xid (0x[0-9a-f]{8}) (\w+) \d+\.\d\d ms$/;
      const rows = lines.map((text) => line.exec(text)?.slice(1) ?? assert.fail(text));
      const told = (side: string): string[] => rows.filter(([by]) => by === side).map(([, , what, , outcome]) => `${what} ${outcome}`); // prettier-ignore
      assert.deepEqual(told("client"), ["TEST_PROG 3 ECHO SUCCESS", "TEST_PROG 3 RUN RPC_SYSTEMERROR", "TEST_PROG 3 ABSENT RPC_PROCUNAVAIL", "TEST_PROG 3 ECHO SENT", "TEST_PROG 3 ECHO SUCCESS"]); // prettier-ignore
      assert.deepEqual(told("server"), ["TEST_PROG 3 ECHO SUCCESS", "TEST_PROG 3 RUN SYSTEM_ERR", "TEST_PROG 3 99 PROC_UNAVAIL", "TEST_PROG 3 ECHO SUCCESS", "TEST_PROG 3 ECHO SUCCESS"]); // prettier-ignore
      const first = rows.filter(([, , what]) => what?.endsWith("RUN")).map(([, , , xid]) => xid);
      assert.equal(first.length, 2);
      assert.equal(first[0], first[1], "both sides tell the same xid");
    });
  }
});

describe("runtime: counts", () => {
  it("of a server: connections, what runs, and calls by procedure", async () => {
    const goOn = gate();
    const service = testService(async (arg, ctx) => {
      if (arg === 1) throw new Error("unlucky");
      if (arg === 2) ctx.reject("AUTH_TOOWEAK");
      await goOn.promise;
      return arg;
    });
    const server = new RpcServer({ onError: () => undefined }).add(service);
    const connection = server.connect();
    assert.deepEqual(server.stats().procedures.map(({ procedure: { name }, calls, failures, rejected }) => [name, calls, failures, rejected]), ["ECHO", "TEXT", "BLOB", "RUN", "NOTHING"].map((name) => [name, 0, 0, 0])); // prettier-ignore
    await connection.call(ECHO, 1);
    for (const arg of [1, 2]) await assert.rejects(connection.call(RUN, arg));
    await assert.rejects(connection.call({ ...NOTHING, number: ECHO.number }, undefined));
    await assert.rejects(connection.call(ABSENT, undefined));
    const running = connection.call(RUN, 3);
    await connection.call(ECHO, 1);
    const counts = server.stats();
    assert.deepEqual([counts.connections, counts.running, counts.tolerated], [1, 1, 0]);
    const by = Object.fromEntries(counts.procedures.map(({ procedure: { name }, calls, failures, rejected }) => [name, [calls, failures, rejected]])); // prettier-ignore
    assert.deepEqual([by.ECHO, by.RUN, by.TEXT], [[2, 0, 1], [3, 1, 2], [0, 0, 0]]); // prettier-ignore
    goOn.open();
    await running;
    assert.equal(server.stats().running, 0);
    await connection.close();
    await server.close();
  });

  it("of a connection: calls, and replies that nobody waits for", async () => {
    const server = await RawServer.listen();
    const { connection, peer } = await server.connect();
    peer.send(words(0x1234, 1, 0, 0, 0, 0));
    const first = connection.call(ECHO, 1);
    const request = await peer.receive();
    const reply = Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, 5)]);
    peer.send(reply);
    peer.send(reply);
    assert.equal(await first, 5);
    const second = connection.call(ECHO, 1);
    peer.send(Buffer.concat([(await peer.receive()).subarray(0, 4), words(1, 0, 0, 0, 0, 6)]));
    assert.equal(await second, 6);
    assert.deepEqual(connection.stats(), { calls: 2, retransmissions: 0, reconnects: 0, strayReplies: 2 });
    await connection.close();
    await server.close();
  });
});
