/** A server that this process starts, and calls over a descriptor that the two share: `pipe`. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { RpcAddress } from "./address.ts";
import { type ConnectionOptions, checkConnectionOptions } from "./connection-options.ts";
import { RpcConnection } from "./connection.ts";
import { RpcError, reason } from "./error.ts";
import {
  DEFAULT_EXIT_TIMEOUT_MS,
  EXIT_REASON_TIMEOUT_MS,
  MAX_TIMER_MS,
  PIPE_DESCRIPTOR,
  checkTimeout,
} from "./limits.ts";
import { type MessageLimits, messageLimits, streamOptions } from "./open-connection.ts";
import type { BoundAddress, RpcServer } from "./server.ts";
import { StreamTransport } from "./transport/stream.ts";

/** Tells a child which of its descriptors leads to its parent. */
const VARIABLE = "TSRPC_PIPE_FD";

/** How a server is started, and called. */
export interface SpawnServerOptions extends ConnectionOptions, MessageLimits {
  /** Its folder. Default this process's. */
  readonly cwd?: string;
  /** Its environment. Default this process's. Another variable is added, `TSRPC_PIPE_FD`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Its standard input, output and error. Default `["ignore", "inherit", "inherit"]`. */
  readonly stdio?: readonly [StandardStream, StandardStream, StandardStream];
  /** The descriptor at which it finds the connection, from 3 to 99: what it was written for. Default 3. */
  readonly fd?: number;
  /** Milliseconds that it has to end by itself once its connection is closed; then it is killed. Default 5000; `Infinity`: for ever. */
  readonly exitTimeoutMs?: number;
}

export type StandardStream = "ignore" | "inherit" | "pipe" | number;

/** A server that this process has started. */
export interface SpawnedServer extends AsyncDisposable {
  /** What clients are made with: `new DateProgV1Client(spawned.connection)`. It is not made again. */
  readonly connection: RpcConnection;
  /** The process. */
  readonly process: ChildProcess;
  /** Closes the connection, and waits for the process's end. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a program that serves this process alone, over a pair of UNIX sockets of which it has the one from its start: with
 * `serveParent`, or in another language over a stream of records at descriptor 3. It ends with the connection. When it ends before,
 * calls fail with `RPC_CANTRECV`, and the message says how it ended. Needs no addon.
 *
 * Rejects with `RPC_CANTCONNECT` where it can't be started, with a `RangeError` or a `TypeError` for an option whose value is none.
 */
export async function spawnServer(
  command: string,
  args: readonly string[] = [],
  options: SpawnServerOptions = {},
): Promise<SpawnedServer> {
  const {
    fd = PIPE_DESCRIPTOR,
    exitTimeoutMs = DEFAULT_EXIT_TIMEOUT_MS,
    stdio = ["ignore", "inherit", "inherit"],
  } = options;
  checkConnectionOptions(options);
  checkTimeout(exitTimeoutMs, "exitTimeoutMs");
  messageLimits(options);
  if (!Number.isInteger(fd) || fd < 3 || fd > 99) throw new RangeError(`fd is ${fd}, not a whole number from 3 to 99`);
  const between = Array.from({ length: fd - 3 }, () => "ignore" as const);
  const { cwd, env = process.env } = options;
  const how: SpawnOptions = {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...env, [VARIABLE]: String(fd) },
    stdio: [...stdio, ...between, "pipe"],
  };
  const child = await started(command, args, how);
  const exited = ended(child);
  const socket = child.stdio[fd as 3] as unknown as Socket; // Node makes a pair of sockets of each "pipe"
  const transport = new StreamTransport(socket, "pipe", {
    ...streamOptions(options),
    end: "connected",
    path: command,
    reasonOfEnd: () => Promise.race([exited, after(EXIT_REASON_TIMEOUT_MS)]),
  });
  const connection = new RpcConnection(transport, options);
  void exited.then(async (error) => {
    // What it has sent before its end is read first; but its own children may hold the other end open.
    await Promise.race([connection.closed, after(EXIT_REASON_TIMEOUT_MS)]);
    transport.destroy(error);
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end(connection, child, exited, exitTimeoutMs));
  return { connection, process: child, close, [Symbol.asyncDispose]: close };
}

/**
 * Serves the process that has started this one by `spawnServer`: the child's end, in one call. The server closes when the parent
 * closes the connection, or ends. Its handlers call back by `ctx.connection`.
 *
 * Rejects with `RPC_CANTLISTEN` where nobody has started this process so, and it was not told the descriptor.
 * @param fd the descriptor, where who has started this process is no `spawnServer`
 */
export async function serveParent(server: RpcServer, fd?: number): Promise<BoundAddress> {
  const told = process.env[VARIABLE];
  // A child of this process must not take it for its own.
  Reflect.deleteProperty(process.env, VARIABLE);
  const at = fd ?? (/^\d{1,2}$/.test(told ?? "") ? Number(told) : undefined);
  if (at === undefined) throw new RpcError("RPC_CANTLISTEN", "no spawnServer has started this process");
  return server.listenOn({ fd: at, netid: "pipe", listening: false, closesServer: true });
}

async function started(command: string, args: readonly string[], how: SpawnOptions): Promise<ChildProcess> {
  try {
    const child = spawn(command, args, how);
    await once(child, "spawn");
    return child;
  } catch (cause) {
    const peer = RpcAddress.sameHost("pipe", command);
    throw new RpcError("RPC_CANTCONNECT", `can't start the server: ${reason(cause)}`, { peer, cause });
  }
}

/** How it ended, once it has. */
function ended(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      resolve(new Error(`the server's process ${child.pid} ${how}`));
    });
  });
}

async function end(
  connection: RpcConnection,
  child: ChildProcess,
  exited: Promise<Error>,
  timeoutMs: number,
): Promise<void> {
  await connection.close();
  const timer =
    timeoutMs === Infinity ? undefined : setTimeout(() => child.kill("SIGKILL"), Math.min(timeoutMs, MAX_TIMER_MS));
  await exited;
  clearTimeout(timer);
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms, undefined).unref();
  });
}
