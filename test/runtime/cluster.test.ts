import assert from "node:assert/strict";
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Portmapper } from "../../src/portmapper/index.ts";
import {
  type BoundAddress,
  type ListenOptions,
  type RpcConnection,
  RpcError,
  connect,
  registerServices,
} from "../../src/runtime/index.ts";
import { whyNoAddon } from "../native/addon.ts";
import type { Order } from "./cluster-worker.ts";
import { PROGRAM, RUN, SERVICE, VERSION, connectTo, testService } from "./support.ts";

interface Answer {
  readonly bound?: BoundAddress[];
  readonly calls?: number;
  readonly failed?: { readonly code: string; readonly message: string };
}

const everywhere: ListenOptions = { host: "127.0.0.1" };

describe("runtime: workers of node:cluster", function () {
  this.timeout(30_000);
  let folder = "";
  let portmapper: Portmapper;
  const environment = { ...process.env };
  const workers: Worker[] = [];

  before(function () {
    const reason = whyNoAddon();
    if (reason === undefined) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-cluster-"));
    process.env.XDG_RUNTIME_DIR = folder;
    process.env.TSRPC_PORTMAP = join(folder, "rpcbind.sock");
    portmapper = new Portmapper({ host: "127.0.0.1", port: 0, socket: process.env.TSRPC_PORTMAP });
    await portmapper.listen();
    cluster.setupPrimary({ exec: fileURLToPath(new URL("cluster-worker.js", import.meta.url)), args: [] });
  });

  afterEach(async () => {
    await Promise.all(workers.splice(0).map(kill));
    await portmapper.close();
    for (const name of ["XDG_RUNTIME_DIR", "TSRPC_PORTMAP"]) {
      if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = environment[name];
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function kill(worker: Worker): Promise<void> {
    if (worker.isDead()) return;
    worker.process.kill("SIGKILL");
    await once(worker, "exit");
  }

  async function tell(worker: Worker, order: Order): Promise<Answer> {
    const answer = once(worker, "message") as Promise<[Answer]>;
    worker.send(order);
    const [found] = await answer;
    return found;
  }

  async function fork(): Promise<Worker> {
    const worker = cluster.fork();
    workers.push(worker);
    assert.deepEqual((await once(worker, "message"))[0], "ready");
    return worker;
  }

  interface Serving {
    readonly worker: Worker;
    readonly pid: number;
    readonly bound: BoundAddress[];
  }

  async function serving(listen: ListenOptions = everywhere): Promise<Serving> {
    const worker = await fork();
    const { bound, failed } = await tell(worker, { listen });
    assert(bound !== undefined, failed?.message);
    return { worker, pid: worker.process.pid ?? 0, bound };
  }

  /** Tells a worker to close, and gives the calls that it has run when it is gone. */
  async function closes({ worker }: Serving): Promise<number> {
    const exit = once(worker, "exit");
    const { calls } = await tell(worker, "close");
    assert.deepEqual(await exit, [0, null]);
    return calls ?? 0;
  }

  function at(bound: readonly BoundAddress[], netid: string): BoundAddress {
    const found = bound.find((address) => address.netid === netid);
    assert(found !== undefined);
    return found;
  }

  /** The process that answers a client who comes anew. */
  async function askAnew(address: BoundAddress, ms = 0): Promise<number> {
    await using client = await connect(SERVICE, connectTo(address));
    return await client.call(RUN, ms);
  }

  /** The process that answers over udp, where a datagram may be lost with the worker that had it. */
  async function askAgain(client: RpcConnection, ms = 0): Promise<number> {
    for (;;) {
      try {
        return await client.call(RUN, ms, { timeoutMs: 200 });
      } catch (error) {
        if (!(error instanceof RpcError) || error.code !== "RPC_TIMEDOUT") throw error;
      }
    }
  }

  function entries(): string[] {
    return portmapper.registry
      .registrations()
      .filter(({ program }) => program === PROGRAM)
      .map(({ version, netid, address }) => `${version} ${netid} ${address}`)
      .sort();
  }

  it("have the same addresses, with port 0 and no path too, and register nothing", async () => {
    const [a, b] = await Promise.all([serving(), serving()]);
    assert.deepEqual(a.bound, b.bound);
    assert.deepEqual(
      a.bound.map(({ netid, registered }) => [netid, registered]),
      [
        ["tcp", false],
        ["udp", false],
        ["local", false],
      ],
    );
    assert.equal(at(a.bound, "udp").port, at(a.bound, "tcp").port);
    const { path } = at(a.bound, "local");
    assert.equal(path, join(folder, `tsrpcgen/0x${PROGRAM.toString(16)}-${process.pid}-1.sock`));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(entries(), []);
    await Promise.all([closes(a), closes(b)]);
    assert.deepEqual(readdirSync(join(folder, "tsrpcgen")), [], "the socket goes with the last worker");
  });

  for (const netid of ["tcp", "local"] as const) {
    it(`${netid}: connections are spread over them, and each stays with one`, async () => {
      const all = [await serving(), await serving(), await serving()];
      const address = at(all[0]?.bound ?? [], netid);
      const seen = new Set<number>();
      for (let i = 0; i < 12; i++) {
        await using client = await connect(SERVICE, connectTo(address));
        const pid = await client.call(RUN, 0);
        for (let j = 0; j < 3; j++) assert.equal(await client.call(RUN, 0), pid);
        seen.add(pid);
      }
      assert.deepEqual([...seen].sort(), all.map(({ pid }) => pid).sort());
    });
  }

  it("udp: clients are spread over them, and each stays with one", async () => {
    const all = [await serving(), await serving(), await serving()];
    const address = at(all[0]?.bound ?? [], "udp");
    const seen = new Set<number>();
    // That a worker is none of 60 clients' is as likely as 3 in 10^11.
    for (let i = 0; i < 60; i++) {
      await using client = await connect(SERVICE, connectTo(address));
      const pid = await client.call(RUN, 0);
      for (let j = 0; j < 3; j++) assert.equal(await client.call(RUN, 0), pid);
      seen.add(pid);
    }
    assert.deepEqual([...seen].sort(), all.map(({ pid }) => pid).sort());
  });

  for (const netid of ["tcp", "local"] as const) {
    it(`${netid}: no call is lost or run twice while a worker is replaced, each over a connection of its own`, async () => {
      const first = [await serving(), await serving()] as const;
      const address = at(first[0].bound, netid);
      let replaced = false;
      let count = 0;
      const after = new Set<number>();
      const client = async (): Promise<void> => {
        // Until each client has called often enough after the change, too.
        for (let left = 40; left > 0;) {
          const late = replaced;
          const pid = await askAnew(address, count % 3);
          count++;
          if (late) {
            left--;
            after.add(pid);
          }
        }
      };
      const clients = Promise.all(Array.from({ length: 8 }, client));
      const third = await serving();
      assert.deepEqual(third.bound, first[0].bound);
      const ran = await closes(first[0]);
      replaced = true;
      await clients;
      assert.deepEqual([...after].sort(), [first[1].pid, third.pid].sort());
      assert(ran > 0);
      assert.equal(ran + (await closes(first[1])) + (await closes(third)), count);
    });
  }

  it("udp: no call is lost while a worker is replaced, and its clients go to another", async () => {
    const first = [await serving(), await serving()] as const;
    const address = at(first[0].bound, "udp");
    let replaced = false;
    const after = new Set<number>();
    const client = async (): Promise<void> => {
      await using connection = await connect(SERVICE, connectTo(address));
      for (let left = 10; left > 0;) {
        const late = replaced;
        const pid = await askAgain(connection, left % 3);
        if (late) {
          left--;
          after.add(pid);
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 40 }, client));
    const third = await serving();
    await closes(first[0]);
    replaced = true;
    await clients;
    assert.deepEqual([...after].sort(), [first[1].pid, third.pid].sort());
  });

  it("the primary registers: the entries outlive a worker that closes and one that dies", async () => {
    const [a, b] = await Promise.all([serving(), serving()]);
    const registration = await registerServices([testService()], [...a.bound, ...b.bound]);
    assert.equal(registration.registered, true);
    const expected = a.bound.map(({ netid, uaddr }) => `${VERSION} ${netid} ${uaddr}`).sort();
    assert.equal(expected.length, 3);
    assert.deepEqual(entries(), expected);
    const c = await serving();
    await closes(a);
    assert.deepEqual(entries(), expected);
    await kill(b.worker);
    assert.deepEqual(entries(), expected);
    await using client = await connect(SERVICE, { host: "127.0.0.1", transport: "tcp", timeoutMs: 5000 });
    assert.equal(await client.call(RUN, 0), c.pid);
    await registration.remove();
    await registration.remove();
    assert.deepEqual(entries(), []);
  });

  it("a worker registers where it is told to", async () => {
    const { bound } = await serving({ ...everywhere, portmap: "required" });
    assert.deepEqual(
      bound.map(({ registered }) => registered),
      [true, true, true],
    );
  });

  it("registerServices: off, and none where one is required", async () => {
    const services = [{ ...SERVICE, programName: "TEST_PROG" }];
    const address = { netid: "tcp", host: "127.0.0.1", port: 9, path: "" } as const;
    await using registration = await registerServices(services, [address], { portmap: "off" });
    assert.equal(registration.registered, false);
    assert.deepEqual(entries(), []);
    process.env.TSRPC_PORTMAP = join(folder, "none.sock");
    await assert.rejects(registerServices(services, [address], { portmap: "required" }), { code: "RPC_RPCBFAILURE" });
  });

  it("udp alone needs a port, or a socket of the worker's own", async () => {
    const listen: ListenOptions = { host: "127.0.0.1", tcp: false, local: false };
    const { failed } = await tell(await fork(), { listen });
    assert.equal(failed?.code, "RPC_CANTLISTEN");
    assert.match(failed.message, /the workers of a cluster have no udp port in common: say the port/);
    const own = { ...listen, udp: { reusePort: false } };
    const [a, b] = [await serving(own), await serving(own)];
    assert.notEqual(at(a.bound, "udp").port, at(b.bound, "udp").port);
    assert.equal(await askAnew(at(b.bound, "udp")), b.pid);
  });

  it("a dead server's UNIX socket is replaced once, by whichever worker is first; a live one's is not", async () => {
    const path = join(folder, "service.sock");
    const listen: ListenOptions = { tcp: false, udp: false, local: { path, mode: 0o660 } };
    const source = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", source, path]);
    assert(statSync(path).isSocket());
    const all = await Promise.all([serving(listen), serving(listen), serving(listen)]);
    assert.equal(statSync(path).mode & 0o777, 0o660);
    const seen = new Set<number>();
    for (let i = 0; i < 9; i++) seen.add(await askAnew(at(all[0].bound, "local")));
    assert.equal(seen.size, 3);
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("service.sock")), ["service.sock"]); // prettier-ignore

    const other = join(folder, "other.sock");
    const live = createServer().listen(other);
    await once(live, "listening");
    const { failed } = await tell(await fork(), { listen: { ...listen, local: { path: other } } });
    assert.equal(failed?.code, "RPC_CANTLISTEN");
    assert.match(failed.message, /EADDRINUSE/);
    assert(statSync(other).isSocket());
    live.close();
    await once(live, "close");
  });
});
