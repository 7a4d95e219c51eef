import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, type Server, type Socket, connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Portmapper, type PortmapperEvent, type PortmapperOptions } from "../../src/portmapper/index.ts";
import {
  LARGE_REPLY_BYTES,
  MAX_CALLS_IN_PROGRESS_BYTES,
  MAX_CALL_BYTES,
  MAX_LARGE_REPLIES,
  MAX_PROBES,
} from "../../src/portmapper/limits.ts";
import { type RpcConnection, connect, parseUaddr } from "../../src/runtime/index.ts";
import { RPCBPROG, RpcbprogV4 } from "../../src/runtime/rpcbind/gen/rpcb_prot.ts";
import { message, u32 } from "../interop/portmapper-table/raw.ts";
import { RawPeer, record } from "../runtime/support.ts";

const HOST = "127.0.0.1";
const PROGRAM = 200_300;
const SERVICE = { program: RPCBPROG, version: 4 };

/** A call of version 4 without arguments, as a record. */
const call = (procedure: number): Buffer =>
  record(message(1, { over: "tcp", version: 4, procedure, args: Buffer.alloc(0) }));

describe("portmapper: bounds that callers reach", function () {
  this.timeout(60_000);
  const events: PortmapperEvent[] = [];
  const sockets: Socket[] = [];
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-bounds-"));
  const path = join(folder, "socket");
  let portmapper: Portmapper;
  let port = 0;
  let healthy: RpcConnection;

  async function start(options: PortmapperOptions = {}): Promise<void> {
    portmapper = new Portmapper({ host: HOST, port: 0, ...options, onEvent: (event) => events.push(event) });
    const bound = await portmapper.listen();
    port = parseUaddr(bound[0]?.address ?? "")?.port ?? 0;
    healthy = await connect(SERVICE, { host: HOST, port, timeoutMs: 20_000 });
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await healthy.close();
    await portmapper.close();
    events.length = 0;
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function open(to: { path: string } | { host: string; port: number }): Promise<Socket> {
    const socket = connectSocket(to);
    sockets.push(socket);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }

  /** Other connections get their turns meanwhile. */
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await healthy.call(RpcbprogV4.rpcbprocGettime, undefined);
  }

  it("connections that do not read large replies: the next one is told that there is no place, until one is", async () => {
    await start({ socket: path });
    for (let version = 0; version * 56 < LARGE_REPLY_BYTES; version++) {
      const entry = { program: PROGRAM, version, netid: "tcp", address: "0.0.0.0.4.5", owner: "superuser" };
      assert.ok(portmapper.registry.set(entry));
    }
    const dumps = (): number => portmapper.statistics.snapshot()[2]?.info[4] ?? 0;
    // More than the system takes of a UNIX socket's: one reply alone is sent whole.
    const unread = Buffer.concat(new Array<Buffer>(10).fill(call(4)));
    for (let i = 0; i < MAX_LARGE_REPLIES; i++) {
      const socket = await open({ path });
      socket.pause();
      socket.write(unread);
    }
    await until(() => dumps() >= 10 * MAX_LARGE_REPLIES);
    await assert.rejects(healthy.call(RpcbprogV4.rpcbprocDump, undefined), { code: "RPC_SYSTEMERROR" });
    assert.deepEqual(
      events.flatMap((event) => (event.kind === "refused" ? [event.reason] : [])),
      ["busy"],
    );
    await healthy.call(RpcbprogV4.rpcbprocGetstat, undefined);
    sockets.pop()?.destroy();
    for (;;) {
      // As soon as the portmapper knows that it is gone.
      const done = await healthy.call(RpcbprogV4.rpcbprocDump, undefined).catch(() => undefined);
      if (done !== undefined) break;
    }
  });

  it("calls that begin and do not end: connections with most of them end", async () => {
    await start();
    const part = MAX_CALL_BYTES - 1024;
    const count = Math.ceil(MAX_CALLS_IN_PROGRESS_BYTES / part) + 20;
    let ended = 0;
    const begun = Buffer.concat([u32(0x8000_0000 + MAX_CALL_BYTES), Buffer.alloc(part)]);
    for (let i = 0; i < count; i++) {
      const socket = await open({ host: HOST, port });
      socket.on("close", () => ended++);
      socket.write(begun);
    }
    await until(() => ended >= 20);
    assert.ok(ended < count / 2, `${ended} of ${count} have ended`);
  });

  it("connectionIdleTimeoutMs: a connection is closed, one that has called as well", async () => {
    await start({ connectionIdleTimeoutMs: 30 });
    const silent = await open({ host: HOST, port });
    const peer = RawPeer.over(await open({ host: HOST, port }));
    silent.resume();
    const closed = [once(silent, "close"), once(peer.socket, "close")];
    peer.socket.write(call(0));
    await Promise.all(closed);
  });

  it("maxConnections: of a listener, more are closed", async () => {
    await start({ maxConnections: 1 });
    await healthy.call(RpcbprogV4.rpcbprocGettime, undefined);
    const further = await open({ host: HOST, port });
    further.resume();
    await once(further, "close");
    await healthy.call(RpcbprogV4.rpcbprocGettime, undefined);
  });

  describe("of pruning", () => {
    let server: Server;
    let address = "";
    const held = new Set<Socket>();
    let onConnection: () => void = () => undefined;

    beforeEach(async () => {
      onConnection = () => undefined;
      server = createServer((socket) => {
        held.add(socket);
        socket.on("error", () => undefined).on("close", () => held.delete(socket));
        socket.resume();
        onConnection();
      });
      await once(server.listen({ host: HOST, port: 0 }), "listening");
      const { port: own } = server.address() as AddressInfo;
      address = `${HOST}.${own >> 8}.${own & 0xff}`;
    });
    afterEach(async () => {
      for (const socket of held) socket.destroy();
      server.close();
      await once(server, "close");
    });

    function register(count: number): void {
      for (let version = 0; version < count; version++) {
        assert.ok(portmapper.registry.set({ program: PROGRAM, version, netid: "tcp", address, owner: "unknown" }));
      }
    }

    it("so many services are asked at a time, and then the next", async () => {
      const services = 2 * MAX_PROBES + 5;
      await start({ prune: { intervalMs: Infinity, timeoutMs: 20_000 } });
      register(services);
      let [seen, most] = [0, 0];
      onConnection = () => {
        seen++;
        most = Math.max(most, held.size);
        if (held.size < MAX_PROBES && seen < services) return;
        // One more would come within these turns.
        void (async () => {
          for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
          for (const socket of held) socket.destroy();
        })();
      };
      assert.deepEqual(await portmapper.prune(), []);
      assert.deepEqual([seen, most], [services, MAX_PROBES]);
    });

    it("who says nothing for timeoutMs has not answered; a round comes each intervalMs", async () => {
      await start({ prune: { intervalMs: 1, timeoutMs: 20, failures: 2 } });
      register(1);
      let rounds = 0;
      onConnection = () => rounds++;
      await until(() => events.some(({ kind }) => kind === "pruned"));
      assert.equal(portmapper.registry.findExact(PROGRAM, 0, "tcp"), undefined);
      assert.equal(rounds, 2);
    });
  });
});
