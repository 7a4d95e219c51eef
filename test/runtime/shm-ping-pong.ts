/**
 * Ends of shm connections in processes of their own: `server` (says its path), `client PATH CALLS`, `threads CALLS`, `turns PATH CALLS`
 * and `idle PATH MS`. RUN with a number answers: 0, the most calls within one turn of the event loop; -1, the process's own processor time in
 * milliseconds; else after so many microseconds, in which nothing else is done.
 */
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { type BoundAddress, type RpcConnection, RpcServer, connect } from "../../src/runtime/index.ts";
import { BLOB, ECHO, RUN, SERVICE, testService } from "./support.ts";

const AT_ONCE = 4;

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1000);
}

function hold(us: number): void {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
}

async function serve(): Promise<string> {
  let most = 0;
  let inTurn = 0;
  let isCounting = false;
  const service = testService((arg) => {
    if (arg === -1) return processorMs();
    if (arg === 0) return most;
    most = Math.max(most, ++inTurn);
    if (!isCounting) {
      isCounting = true;
      setImmediate(() => {
        isCounting = false;
        inTurn = 0;
      });
    }
    hold(arg);
    return arg;
  });
  const server = new RpcServer().add(service);
  const [bound] = (await server.listen({ tcp: false, udp: false, portmap: "off" })) as [BoundAddress];
  return bound.path;
}

/** Calls of several kinds, with pauses of several kinds between them: a call that is not answered fails. */
async function pingPong(path: string, calls: number): Promise<string> {
  await using connection = await connect(SERVICE, { path, timeoutMs: 20_000, reconnect: false });
  const blob = new Uint8Array(3000);
  const worker = async (): Promise<void> => {
    for (let i = 0; i < calls / AT_ONCE; i++) {
      const chance = Math.random();
      if (chance < 0.02) await connection.call(BLOB, blob);
      else if (chance < 0.04) await connection.call(RUN, 1 + Math.floor(Math.random() * 100));
      else if ((await connection.call(ECHO, i)) !== i) throw new Error("another call's answer");
      if (chance > 0.98) await pause(Math.random() * 2);
      else if (chance > 0.9) await new Promise(setImmediate);
      else if (chance > 0.85) hold(Math.random() * 150);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return `${connection.transport} done`;
}

async function turnsOf(connection: RpcConnection, calls: number): Promise<string> {
  for (let i = 0; i < 500; i++) await connection.call(ECHO, i);
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setTimeout(count, 0);
  };
  setTimeout(count, 0);
  for (let i = 0; i < calls; i++) await connection.call(ECHO, i);
  isOver = true;
  for (let i = 0; i < 500; i++) await connection.call(RUN, 200);
  return `${turns} ${await connection.call(RUN, 0)}`;
}

/** Shares of a processor that the client and the server use while nothing is called. */
async function idle(connection: RpcConnection, ms: number): Promise<string> {
  for (let i = 0; i < 2000; i++) await connection.call(ECHO, i);
  // What the compiler and the collector do behind that is none of the connection's.
  await pause(300);
  const server = await connection.call(RUN, -1);
  const own = processorMs();
  await pause(ms);
  const used = processorMs() - own;
  return `${used / ms} ${((await connection.call(RUN, -1)) - server) / ms}`;
}

const [role, first = "", second = ""] = isMainThread ? process.argv.slice(2) : ["thread"];
switch (role) {
  case "server":
    // It ends with who has started it.
    process.stdin.resume().once("end", () => process.exit());
    console.log(await serve());
    break;
  case "client":
    console.log(await pingPong(first, Number(second)));
    break;
  case "threads": {
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { path: await serve(), calls: Number(first) },
    });
    worker.once("message", (text: string) => {
      console.log(text);
      process.exit();
    });
    break;
  }
  case "thread": {
    const { path, calls } = workerData as { path: string; calls: number };
    parentPort?.postMessage(await pingPong(path, calls));
    break;
  }
  default: {
    await using connection = await connect(SERVICE, { path: first });
    console.log(await (role === "idle" ? idle : turnsOf)(connection, Number(second)));
  }
}
