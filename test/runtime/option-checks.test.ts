import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper } from "../../src/portmapper/index.ts";
import { type Portmap, RpcServer, type ServerOptions, connect, rpcService } from "../../src/runtime/index.ts";
import { ECHO, SERVICE, connectTo, listenOn, testService } from "./support.ts";

/** What is wrong, and what the error says. */
const BAD: readonly (readonly [options: object, message: string, type?: "TypeError"])[] = [
  ...[
    "closeTimeoutMs",
    "drainTimeoutMs",
    "idleTimeoutMs",
    "callTimeoutMs",
    "connectionIdleTimeoutMs",
    "stallTimeoutMs",
    "keepAliveMs",
  ].flatMap(
    // prettier-ignore
    (name) =>
      [
        [{ [name]: -1 }, `${name} is -1, not a number of milliseconds`],
        [{ [name]: NaN }, `${name} is NaN, not a number of milliseconds`],
        [{ [name]: "5" }, `${name} is "5", not a number of milliseconds`, "TypeError"],
      ] as const,
  ),
  ...(
    [
      ["maxConnections", 0],
      ["maxConcurrentCalls", 1],
      ["maxQueuedCalls", 0],
      ["maxInProgressBytes", 0],
      ["udpReceiveBufferBytes", 1],
    ] as const
  ).flatMap(
    ([name, least]) =>
      [
        [{ [name]: least - 1 }, `${name} is ${least - 1}, not a whole number from ${least} on, or Infinity`],
        [{ [name]: NaN }, `${name} is NaN, not a whole number from ${least} on, or Infinity`],
        [{ [name]: 2.5 }, `${name} is 2.5, not a whole number from ${least} on, or Infinity`],
        [{ [name]: "5" }, `${name} is "5", not a number`, "TypeError"],
        [{ [name]: null }, `${name} is null, not a number`, "TypeError"],
      ] as const,
  ),
  [{ maxRecordBytes: 1 }, "maxRecordBytes is 1, not a whole number from 64 to 2147483647"],
  [{ maxFragments: 0.5 }, "maxFragments is 0.5, not a whole number from 1 to 9007199254740991"],
  [{ maxUdpBytes: -1 }, "maxUdpBytes is -1, not a whole number from 64 to 9007199254740991"],
  [{ duplicateCache: { maxEntries: 0 } }, "duplicateCache.maxEntries is 0, not a whole number from 1 on, or Infinity"],
  [{ duplicateCache: { maxBytes: -1 } }, "duplicateCache.maxBytes is -1, not a whole number from 0 on, or Infinity"],
  [{ duplicateCache: { maxAgeMs: -1 } }, "duplicateCache.maxAgeMs is -1, not a number of milliseconds"],
  [{ duplicateCache: true }, "duplicateCache is true, not false or an object", "TypeError"],
  [{ duplicateCache: null }, "duplicateCache is null, not false or an object", "TypeError"],
  [{ xdr: "foo" }, 'xdr is "foo", not one of "strict", "tolerant", "lenient"'],
  [{ xdr: 1 }, 'xdr is 1, not one of "strict", "tolerant", "lenient"'],
  [{ guard: "AUTH_SYS" }, 'guard is "AUTH_SYS", not a function', "TypeError"],
  [{ onError: 1 }, "onError is 1, not a function", "TypeError"],
  [{ interceptors: () => undefined }, "interceptors is () => undefined, not an array", "TypeError"],
  [{ auth: {} }, "auth is [object Object], not an array", "TypeError"],
];

describe("runtime: options that mean nothing", () => {
  for (const [options, message, name = "RangeError"] of BAD) {
    it(`${name}: ${message}`, () => {
      assert.throws(() => new RpcServer(options), { name, message });
    });
  }

  it("bounds that bound the least, and none, are taken", async () => {
    const least: ServerOptions = { maxConnections: 0, maxConcurrentCalls: 1, maxQueuedCalls: 0, maxInProgressBytes: 0, udpReceiveBufferBytes: 1, closeTimeoutMs: 0, drainTimeoutMs: 0, duplicateCache: { maxEntries: 1, maxBytes: 0, maxAgeMs: 0 } }; // prettier-ignore
    const most: ServerOptions = { maxConnections: Infinity, maxConcurrentCalls: Infinity, maxQueuedCalls: Infinity, maxInProgressBytes: Infinity, udpReceiveBufferBytes: Infinity, callTimeoutMs: Infinity, stallTimeoutMs: Infinity }; // prettier-ignore
    for (const options of [least, most, {}]) await new RpcServer(options).close();
  });

  it("of connect() and listen(): how strict to decode, and the portmapper", async () => {
    await assert.rejects(connect(SERVICE, { port: 1, xdr: "foo" as "strict" }), { name: "RangeError", message: /^xdr is "foo"/ }); // prettier-ignore
    const portmap = "of" as Portmap;
    const wrong = { name: "RangeError", message: 'portmap is "of", not one of "auto", "required", "off"' };
    await assert.rejects(connect(SERVICE, { portmap }), wrong);
    await using server = new RpcServer();
    await assert.rejects(server.listen({ portmap }), wrong);
  });
});

describe("runtime: a program that is added late", () => {
  const late = rpcService("LATE_PROG", 0x2000_0099, 1, []);
  let portmapper: Portmapper;
  let folder: string;
  let portmap: Portmap;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-test-"));
    portmap = { path: join(folder, "rpcbind.sock") };
    portmapper = new Portmapper({ host: "127.0.0.1", port: 0, socket: portmap.path });
    await portmapper.listen();
  });

  afterEach(async () => {
    await portmapper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const message =
    "LATE_PROG version 1 must be added before listen(), which registers what there is: add it earlier, or to another server, or listen with portmap: \"off\""; // prettier-ignore

  it("behind a listen that registers, and while it does, is an error: nobody would find it", async () => {
    const server = new RpcServer().add(testService());
    const listening = server.listen({ ...listenOn("tcp"), portmap });
    assert.throws(() => server.add(late), { message });
    const [bound] = await listening;
    assert.equal(bound?.registered, true);
    assert.throws(() => server.add(late), { message });
    await server.close();
  });

  it("behind a listen that has failed, or that registers nothing, is served", async () => {
    await using server = new RpcServer().add(testService());
    await assert.rejects(server.listen({ ...listenOn("tcp"), portmap: { path: join(folder, "none.sock") } }), { code: "RPC_RPCBFAILURE" }); // prettier-ignore
    const [bound] = await server.listen(listenOn("tcp"));
    assert(bound !== undefined);
    server.add(late);
    await using connection = await connect({ program: late.program, version: 1 }, connectTo(bound));
    await assert.rejects(connection.call({ ...ECHO, program: late.program, version: 1 }, 1), { code: "RPC_PROCUNAVAIL" }); // prettier-ignore
  });
});
