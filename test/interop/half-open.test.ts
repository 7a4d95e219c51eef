/** Peers that vanish: nftables drops what a connection sends, and nobody is told. */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { RpcServer, connect, method, rpcService } from "tsrpcgen/runtime";
import type { RpcConnection } from "tsrpcgen/runtime";
import { int32Codec } from "tsrpcgen/xdr";
import { whyNoAddon } from "../native/addon.ts";
import { needs, run, skipSuite } from "./namespace.ts";

const SERVICE = { program: 0x2000_0078, version: 1 };
const ECHO = {
  ...SERVICE,
  programName: "HALF_OPEN_PROG",
  number: 1,
  name: "ECHO",
  args: int32Codec,
  result: int32Codec,
} as const;

/** Milliseconds; the system looks at it when it sends anew, first after 200. */
const UNACKNOWLEDGED_MS = 300;

async function nft(...args: readonly string[]): Promise<void> {
  await run("/usr/sbin/nft", args);
}

/** Drops what goes to a port of loopback, or comes from it. */
function drop(port: number, ...sides: readonly ("dport" | "sport")[]): Promise<void> {
  const rules = sides.map((side) => `tcp ${side} ${port} drop`);
  return nft(`table ip tsrpc_half_open { chain in { type filter hook input priority 0; ${rules.join("; ")}; }; }`);
}

function restore(): Promise<void> {
  return nft("delete", "table", "ip", "tsrpc_half_open");
}

describe("tcp, where the peer has vanished", function () {
  this.timeout(30_000);
  let server: RpcServer;
  let connection: RpcConnection;
  let port: number;

  before(needs({ namespace: true, commands: { nft: "nftables" } }));
  before(function () {
    const reason = whyNoAddon();
    if (reason !== undefined) skipSuite(this, reason);
  });

  beforeEach(async () => {
    const echo = method(
      ECHO,
      (arg: number) => arg,
      (handler, arg) => handler(arg),
    );
    server = new RpcServer({ unacknowledgedTimeoutMs: UNACKNOWLEDGED_MS }).add(
      rpcService("HALF_OPEN_PROG", SERVICE.program, SERVICE.version, [echo]),
    );
    const [bound] = await server.listen({ host: "127.0.0.1", udp: false, local: false, portmap: "off" });
    ({ port } = bound ?? { port: 0 });
    connection = await connect(SERVICE, { host: "127.0.0.1", port, unacknowledgedTimeoutMs: UNACKNOWLEDGED_MS });
    assert.equal(await connection.call(ECHO, 1), 1);
  });

  afterEach(async () => {
    await restore().catch(() => undefined); // it may be so already
    await connection.close();
    await server.close();
  });

  it("calls time out; then the connection is given up, and made again when the network is back", async () => {
    await drop(port, "dport", "sport");
    await assert.rejects(connection.call(ECHO, 2, { timeoutMs: 20 }), { code: "RPC_TIMEDOUT" });
    const again = connection.call(ECHO, 3, { idempotent: true });
    await assert.rejects(connection.call(ECHO, 4), (error: { code?: string; cause?: { code?: string } }) => {
      assert.deepEqual([error.code, error.cause?.code], ["RPC_CANTRECV", "ETIMEDOUT"]);
      return true;
    });
    await restore();
    assert.equal(await again, 3);
    assert.equal(await connection.call(ECHO, 5), 5);
    assert.equal(connection.stats().reconnects, 1);
  });

  it("close() ends an attempt to connect that nobody answers", async () => {
    await drop(port, "dport", "sport");
    const calling = assert.rejects(connection.call(ECHO, 2, { idempotent: true }), { code: "RPC_CLOSED" });
    const attempt = await new Promise<Socket>((resolve) => {
      const made = (message: unknown): void => {
        unsubscribe("net.client.socket", made);
        resolve((message as { socket: Socket }).socket);
      };
      subscribe("net.client.socket", made);
    });
    assert.equal(attempt.destroyed, false);
    await connection.close();
    assert.equal(attempt.destroyed, true);
    await calling;
  });

  it("a server gives up a client that its reply does not reach", async () => {
    await connection.close();
    connection = await connect(SERVICE, { host: "127.0.0.1", port, unacknowledgedTimeoutMs: Infinity });
    await drop(port, "sport");
    const calling = assert.rejects(connection.call(ECHO, 2), { code: "RPC_CLOSED" });
    while (server.connections > 0) await new Promise(setImmediate);
    assert.equal(connection.connected, true);
    await connection.close();
    await calling;
  });
});
