import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { type MessageLimits, RpcServer, connect } from "../../src/runtime/index.ts";
import { DEFAULT_UNACKNOWLEDGED_MS, KEEP_ALIVE_PROBES_MS } from "../../src/runtime/limits.ts";
import { needs } from "../interop/namespace.ts";
import { tcpAddon, whyNoAddon } from "../native/addon.ts";
import { ECHO, SERVICE, serve, testService } from "./support.ts";
import { type Pki, makePki } from "./tls-support.ts";

/** Node publishes each socket there as it is made. */
const CHANNEL = "net.client.socket";

/** The descriptors of both ends of a connection within this process, as the system tells them. */
function bothEnds({ localPort = 0, remotePort = 0 }: Socket): number[] {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
  const ends = [`:${hex(localPort)} .*:${hex(remotePort)} `, `:${hex(remotePort)} .*:${hex(localPort)} `];
  const rows = readFileSync("/proc/self/net/tcp", "utf8").split("\n");
  const inodes = ends.map(
    (end) =>
      rows
        .find((row) => new RegExp(end).test(row))
        ?.trim()
        .split(/\s+/)[9],
  );
  const links = readdirSync("/proc/self/fd").map((fd): [number, string] => {
    try {
      return [Number(fd), readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [-1, ""]; // the folder's own
    }
  });
  return inodes.map((inode) => links.find(([, to]) => to === `socket:[${inode}]`)?.[0] ?? -1);
}

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
    subscribe(CHANNEL, made);
  });

  after(() => {
    if ((sockets as Socket[] | undefined) === undefined) return;
    unsubscribe(CHANNEL, made);
    pki.remove();
  });

  beforeEach(() => {
    sockets = [];
  });

  /** What the system says of the client's and the server's socket. */
  const timeouts = (): number[] =>
    sockets
      .flatMap(bothEnds)
      .map((fd) => tcpAddon().tcpUserTimeout(fd))
      .sort((a, b) => a - b);

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
