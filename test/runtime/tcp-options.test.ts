import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { type MessageLimits, RpcServer, connect } from "../../src/runtime/index.ts";
import { DEFAULT_UNACKNOWLEDGED_MS, KEEP_ALIVE_PROBES_MS } from "../../src/runtime/limits.ts";
import { descriptorOf } from "../../src/runtime/transport/tcp-options.ts";
import { needs } from "../interop/namespace.ts";
import { tcpAddon, whyNoAddon } from "../native/addon.ts";
import { ECHO, SERVICE, serve, testService } from "./support.ts";
import { type Pki, makePki } from "./tls-support.ts";

/** Node publishes each socket there as it is made. */
const CHANNELS = ["net.client.socket", "net.server.socket"];

describe("runtime: how long what was sent over tcp may stay unacknowledged", () => {
  let sockets: Socket[];
  let pki: Pki;
  const made = (message: unknown): void => {
    sockets.push((message as { socket: Socket }).socket);
  };

  before(needs({ commands: { openssl: "openssl" } }));
  before(function () {
    const reason = whyNoAddon() ?? (process.platform === "linux" ? undefined : "it is an option of Linux's");
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    pki = makePki();
    for (const channel of CHANNELS) subscribe(channel, made);
  });

  after(() => {
    if ((sockets as Socket[] | undefined) === undefined) return;
    for (const channel of CHANNELS) unsubscribe(channel, made);
    pki.remove();
  });

  beforeEach(() => {
    sockets = [];
  });

  /** What the system says of the client's and the server's socket. */
  const timeouts = (): number[] =>
    sockets.map((socket) => tcpAddon().tcpUserTimeout(descriptorOf(socket) ?? -1)).sort((a, b) => a - b);

  const cases: [MessageLimits, number][] = [
    [{}, 70_000],
    [{ unacknowledgedTimeoutMs: 1500.5 }, 1501],
    [{ unacknowledgedTimeoutMs: 0 }, 1],
    [{ unacknowledgedTimeoutMs: 2 ** 40 }, 0x7fff_ffff],
    [{ unacknowledgedTimeoutMs: Infinity }, 0],
    // The first probe that is lost must not end it, nor a wait that was granted.
    [{ keepAliveMs: 100_000 }, 110_000],
    [{ keepAliveMs: Infinity }, 70_000],
    [{ stallTimeoutMs: 90_000 }, 90_000],
    [{ stallTimeoutMs: Infinity }, 0],
    [{ stallTimeoutMs: 90_000, unacknowledgedTimeoutMs: 5000 }, 5000],
  ];
  for (const [limits, expected] of cases) {
    it(`${JSON.stringify(limits, (_, value: unknown) => (value === Infinity ? "Infinity" : value))}: ${expected} ms, on both sides`, async () => {
      const { server, to } = await serve("tcp", testService(), limits);
      const connection = await connect(SERVICE, { ...to, ...limits });
      assert.equal(await connection.call(ECHO, 1), 1);
      assert.deepEqual(timeouts(), [expected, expected]);
      await connection.close();
      await server.close();
    });
  }

  it("over TLS, too", async () => {
    const tls = { cert: pki.server.cert, key: pki.server.key };
    const { server, to } = await serve("tcp", testService(), { tls, unacknowledgedTimeoutMs: 5000 });
    const trust = { mode: "required", ca: pki.authority.cert, servername: "localhost" } as const;
    const connection = await connect(SERVICE, { ...to, tls: trust, unacknowledgedTimeoutMs: 4000 });
    assert.equal(await connection.call(ECHO, 1), 1);
    assert.equal(connection.encrypted, true);
    assert.deepEqual([...new Set(timeouts())], [4000, 5000]);
    await connection.close();
    await server.close();
  });

  it("the defaults; what is no time is a RangeError", async () => {
    assert.deepEqual([DEFAULT_UNACKNOWLEDGED_MS, KEEP_ALIVE_PROBES_MS], [70_000, 10_000]);
    const bad = { unacknowledgedTimeoutMs: NaN };
    const said = { name: "RangeError", message: /unacknowledgedTimeoutMs is NaN/ };
    assert.throws(() => new RpcServer(bad), said);
    await assert.rejects(connect(SERVICE, { port: 1, ...bad }), said);
  });
});
