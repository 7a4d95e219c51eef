import assert from "node:assert/strict";
import { type RemoteInfo, Socket, createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import { UdpBatchSocket } from "../../src/ipc/udp-batch.ts";
import { Portmapper } from "../../src/portmapper/index.ts";
import {
  type BoundAddress,
  type ConnectOptions,
  type RpcConnection,
  RpcError,
  RpcServer,
  connect,
} from "../../src/runtime/index.ts";
import { parseUaddr } from "../../src/runtime/uaddr.ts";
import { until } from "./raw-server.ts";
import { ECHO, PROGRAM, RUN, SERVICE, VERSION, testService, words } from "./support.ts";

const HOST = "127.0.0.1";

async function bind(port = 0): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(port, HOST);
  await once(socket, "listening");
  return socket;
}

async function unbind(socket: Socket): Promise<void> {
  socket.close();
  await once(socket, "close");
}

/** Answers each call with its last word. */
function answer(socket: Socket): Socket {
  return socket.on("message", (request: Buffer, { port, address }: RemoteInfo) => {
    const reply = Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0), request.subarray(-4)]);
    socket.send(reply, port, address);
  });
}

const refused = (code: string) => (error: unknown) => {
  assert(error instanceof RpcError);
  assert.equal(error.code, code, error.message);
  assert.equal((error.cause as { code?: string } | undefined)?.code, "ECONNREFUSED");
  return true;
};

describe("runtime: calls over udp that are refused", () => {
  let port: number;
  const open = (options: ConnectOptions = {}): Promise<RpcConnection> =>
    connect(SERVICE, { host: HOST, port, transport: "udp", ...options });

  beforeEach(async () => {
    const socket = await bind();
    ({ port } = socket.address());
    await unbind(socket);
  });

  it("are sent again, all of them, and a server that comes back answers them", async () => {
    await using connection = await open({ tryTimeoutMs: 20_000 });
    const calls = Promise.all([
      connection.call(ECHO, 1),
      connection.call(RUN, 2),
      connection.call(ECHO, 3, { idempotent: true }),
    ]);
    calls.catch(() => undefined); // told below
    await until(() => connection.stats().retransmissions >= 4 || connection.outstanding === 0);
    const socket = answer(await bind(port));
    assert.deepEqual(await calls, [1, 2, 3]);
    assert.equal(await connection.call(ECHO, 4), 4);
    await unbind(socket);
  });

  it("end with RPC_CANTRECV and its cause after refusedTimeoutMs; 0 is at once", async () => {
    await using patient = await open({ refusedTimeoutMs: 150, tryTimeoutMs: 20_000 });
    await Promise.all([
      assert.rejects(patient.call(ECHO, 1), refused("RPC_CANTRECV")),
      assert.rejects(patient.call(ECHO, 1), refused("RPC_CANTRECV")),
    ]);
    assert(patient.stats().retransmissions >= 2);
    assert.equal(patient.outstanding, 0);
    await using hasty = await open({ refusedTimeoutMs: 0 });
    await assert.rejects(hasty.call(ECHO, 1), refused("RPC_CANTRECV"));
    assert.equal(hasty.stats().retransmissions, 0);
    await assert.rejects(open({ refusedTimeoutMs: -1 }), { name: "RangeError", message: /refusedTimeoutMs is -1/ });
  });

  it("end with their own time, if that is shorter: RPC_CANTRECV while they are refused, RPC_TIMEDOUT once they are not", async () => {
    await using connection = await open({ refusedTimeoutMs: Infinity, tryTimeoutMs: 20_000 });
    await assert.rejects(connection.call(ECHO, 1, { timeoutMs: 50 }), refused("RPC_CANTRECV"));
    const { retransmissions } = connection.stats();
    const call = assert.rejects(connection.call(ECHO, 2, { timeoutMs: 400 }), refused("RPC_TIMEDOUT"));
    await until(() => connection.stats().retransmissions > retransmissions || connection.outstanding === 0);
    const silent = await bind(port);
    await call;
    await unbind(silent);
  });

  it("harm no call that comes behind them: the system tells of the one before in the place of sending it", async () => {
    await using connection = await open({ tryTimeoutMs: 20_000 });
    await connection.send(ECHO, 1); // the refusal of which is told to the next one that sends
    for (let i = 0; i < 20; i++) await connection.send(ECHO, 1);
    const socket = answer(await bind(port));
    assert.equal(await connection.call(ECHO, 2), 2);
    await unbind(socket);
  });
});

describe("runtime: a udp service that moves", () => {
  let portmapper: Portmapper;
  let folder: string;
  let saved: string | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-test-"));
    portmapper = new Portmapper({ host: HOST, port: 0, socket: join(folder, "rpcbind.sock") });
    const tcp = (await portmapper.listen()).find(({ netid }) => netid === "tcp");
    saved = process.env.TSRPC_PORTMAP;
    process.env.TSRPC_PORTMAP = `${HOST}:${parseUaddr(tcp?.address ?? "")?.port ?? 0}`;
  });

  afterEach(async () => {
    if (saved === undefined) delete process.env.TSRPC_PORTMAP;
    else process.env.TSRPC_PORTMAP = saved;
    await portmapper.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<{ server: RpcServer; at: BoundAddress }> {
    const server = new RpcServer().add(testService());
    const [at] = (await server.listen({ host: HOST, tcp: false, local: false })) as [BoundAddress];
    return { server, at };
  }

  function register(port: number): void {
    const address = `${HOST}.${port >> 8}.${port & 255}`;
    portmapper.registry.unset(PROGRAM, VERSION, "udp", "superuser");
    portmapper.registry.set({ program: PROGRAM, version: VERSION, netid: "udp", address, owner: "superuser" });
  }

  it("is found at its new port by a call that its old port refuses", async () => {
    const first = await start();
    await using connection = await connect(SERVICE, { host: HOST, transport: "udp", tryTimeoutMs: 20_000 });
    assert.equal(await connection.call(ECHO, 1), 1);
    await first.server.close();
    const call = connection.call(RUN, 2);
    call.catch(() => undefined); // told below
    await until(() => connection.stats().retransmissions > 0 || connection.outstanding === 0);
    const second = await start();
    assert.notEqual(second.at.port, first.at.port);
    assert.equal(await call, 2);
    assert.equal(connection.peer?.port, second.at.port);
    assert.equal(connection.stats().reconnects, 1);
    assert.equal(await connection.call(ECHO, 3), 3);
    await second.server.close();
  });

  it("is not looked for where the port was said, or with reconnect: false", async () => {
    const first = await start();
    const { port } = first.at;
    await using fixed = await connect(SERVICE, { host: HOST, transport: "udp", port, refusedTimeoutMs: 300 });
    await using still = await connect(SERVICE, { host: HOST, transport: "udp", reconnect: false, refusedTimeoutMs: 300 }); // prettier-ignore
    await first.server.close();
    const second = await start();
    await Promise.all([fixed, still].map((each) => assert.rejects(each.call(ECHO, 1), refused("RPC_CANTRECV"))));
    await second.server.close();
  });

  it("is found at its new port where the old one is silent: an idempotent call goes there, another one might run twice", async () => {
    const silent = await bind();
    const old = silent.address().port;
    register(old);
    await using connection = await connect(SERVICE, { host: HOST, transport: "udp", tryTimeoutMs: 5 });
    const answering = answer(await bind());
    const { port } = answering.address();
    register(port);
    await assert.rejects(connection.call(RUN, 1, { timeoutMs: 100 }), { code: "RPC_TIMEDOUT" });
    // That has asked the portmapper in the end, for the next call.
    await until(() => connection.peer?.port === port);
    assert.equal(await connection.call(RUN, 2), 2);
    await using other = await connect(SERVICE, { host: HOST, transport: "udp", tryTimeoutMs: 5 });
    answering.removeAllListeners("message");
    const third = answer(await bind());
    register(third.address().port);
    assert.equal(await other.call(ECHO, 3, { idempotent: true }), 3);
    assert.equal(other.peer?.port, third.address().port);
    await Promise.all([silent, answering, third].map(unbind));
  });

  it("is not waited for where no portmapper is: a lookup that is refused is not repeated", async () => {
    await portmapper.close();
    // Node's, or the addon's.
    const sends = [mock.method(Socket.prototype, "send"), mock.method(UdpBatchSocket.prototype, "sendBatch")];
    try {
      await assert.rejects(connect(SERVICE, { host: HOST, transport: "udp" }), { code: "RPC_RPCBFAILURE" });
      assert.equal(
        sends.reduce((count, send) => count + send.mock.callCount(), 0),
        1,
      );
    } finally {
      for (const send of sends) send.mock.restore();
    }
  });
});
