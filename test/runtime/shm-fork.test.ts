import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type RpcConnection, connect } from "../../src/runtime/index.ts";
import { openDescriptors } from "../ipc/descriptors.ts";
import { until } from "./raw-server.ts";
import { patterned, serveShm, skipUnlessShm } from "./shm-support.ts";
import type { Forked } from "./shm-forked.ts";
import { BLOB, ECHO, RUN, SERVICE } from "./support.ts";

const program = fileURLToPath(new URL("shm-forked.js", import.meta.url));
const CHILDREN = 3;

/** Calls until it is told to end: one that is not answered, or wrongly, fails. */
function calling(connection: RpcConnection): () => Promise<number> {
  let isOver = false;
  let calls = 0;
  const worker = async (seed: number): Promise<void> => {
    for (let i = seed; !isOver; i++, calls++) {
      assert.equal(await connection.call(ECHO, i), i);
      if (i % 20 === 0) assert(patterned(9000, seed).equals(await connection.call(BLOB, patterned(9000, seed))));
    }
  };
  const workers = [worker(1), worker(2)];
  return async () => {
    isOver = true;
    await Promise.all(workers);
    return calls;
  };
}

describe("runtime: shm: processes that are forked while connections are open", function () {
  this.timeout(60_000);
  let children: (ChildProcess | Worker)[] = [];

  before(skipUnlessShm);
  afterEach(() => {
    for (const child of children) ("process" in child ? child.process : child).kill("SIGKILL");
    children = [];
  });

  async function told(child: ChildProcess | Worker): Promise<Forked> {
    const [message] = (await once(child, "message")) as [Forked];
    return message;
  }

  async function killed(child: ChildProcess | Worker): Promise<void> {
    const exit = once(child, "exit");
    ("process" in child ? child.process : child).kill("SIGKILL");
    await exit;
  }

  it("child_process.fork: a child has nothing of them, its own work, and its death disturbs none", async () => {
    const { server, path, to } = await serveShm();
    const connection = await connect(SERVICE, { ...to, reconnect: false });
    const end = calling(connection);
    const descriptors = openDescriptors();
    for (let i = 0; i < CHILDREN; i++) children.push(fork(program, ["client", path]));
    const all = await Promise.all(children.map(told));
    for (const { inherited, transport, value } of all) {
      assert.deepEqual({ inherited, transport, value }, { inherited: [], transport: "shm", value: 7 });
    }
    assert.equal(server.connections, 1 + CHILDREN);
    await Promise.all(children.map(killed));
    await until(() => server.connections === 1);
    // Those are the channels to the children.
    await until(() => openDescriptors() <= descriptors);
    assert((await end()) > 0);
    assert.equal(connection.transport, "shm");
    assert.equal(connection.stats().reconnects, 0);
    await connection.close();
    await server.close();
  });

  it("node:cluster: each worker's own connection works, and a worker's death disturbs none", async () => {
    const { server, path, to } = await serveShm();
    const connection = await connect(SERVICE, { ...to, reconnect: false });
    const end = calling(connection);
    cluster.setupPrimary({ exec: program, args: ["client", path] });
    for (let i = 0; i < CHILDREN; i++) children.push(cluster.fork());
    const all = await Promise.all(children.map(told));
    for (const { inherited, transport, value } of all) {
      assert.deepEqual({ inherited, transport, value }, { inherited: [], transport: "shm", value: 7 });
    }
    assert.equal(server.connections, 1 + CHILDREN);
    for (const worker of children) {
      await killed(worker);
      assert.equal(await connection.call(ECHO, 5), 5);
    }
    await until(() => server.connections === 1);
    assert((await end()) > 0);
    await connection.close();
    await server.close();
  });

  it("node:cluster: workers that serve one path each have their own clients over shm", async () => {
    cluster.setupPrimary({ exec: program, args: ["server"] });
    for (let i = 0; i < 2; i++) children.push(cluster.fork());
    const [first, second] = await Promise.all(children.map(told));
    assert(first?.path !== undefined && first.path === second?.path);
    const to = { path: first.path, transport: "shm", reconnect: false } as const;
    const connections = await Promise.all(Array.from({ length: 6 }, async () => connect(SERVICE, to)));
    const pids = await Promise.all(connections.map(async (each) => each.call(RUN, 0)));
    assert.equal(new Set(pids).size, 2, "the connections go to both in turn");
    // The one's death ends its clients' connections, and no other.
    const [dies] = children;
    assert(dies !== undefined);
    const diesPid = "process" in dies ? dies.process.pid : dies.pid;
    await killed(dies);
    for (const [i, connection] of connections.entries()) {
      const call = connection.call(ECHO, i);
      if (pids[i] === diesPid) await assert.rejects(call, { code: "RPC_CANTRECV" });
      else assert.equal(await call, i);
      await connection.close();
    }
  });

  it("a server's children have nothing of its connections: a client is told when it ends", async () => {
    children.push(fork(program, ["server", "forks"]));
    const [child] = children;
    assert(child !== undefined);
    const { path, pid } = await told(child);
    assert(path !== undefined && pid !== undefined);
    const connection = await connect(SERVICE, { path, transport: "shm", reconnect: false });
    // Forks a process that lives on.
    const orphan = await connection.call(RUN, 1);
    const waits = connection.call(RUN, -1);
    await killed(child);
    await assert.rejects(waits, { code: "RPC_CANTRECV" });
    process.kill(orphan, "SIGKILL");
    await connection.close();
  });
});
