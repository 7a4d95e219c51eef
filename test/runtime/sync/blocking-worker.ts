/** Blocking calls, in a thread of their own: the servers that they go to run in the test's. */
import { parentPort } from "node:worker_threads";
import { type ClientAuth, authSys } from "../../../src/runtime/index.ts";
import { RpcError } from "../../../src/runtime/index.ts";
import { type RpcSyncConnection, type SyncConnectOptions, connectSync } from "../../../src/runtime/sync/index.ts";
import { ABSENT, BLOB, ECHO, NOTHING, RUN, SERVICE, TEXT } from "../support.ts";

export type ProcedureName = "ABSENT" | "BLOB" | "ECHO" | "NOTHING" | "RUN" | "TEXT";
const PROCEDURES = { ABSENT, BLOB, ECHO, NOTHING, RUN, TEXT } satisfies Record<ProcedureName, unknown>;

/** What a message may say of credentials: functions do not travel. */
export type AuthName = "sys" | "sets-up" | "refreshes-late" | "throws";

export interface WorkerOptions {
  readonly timeoutMs?: number;
  readonly tryTimeoutMs?: number;
  readonly idempotent?: boolean;
  readonly auth?: AuthName;
}

/** What the thread is asked to do. */
export type Task =
  | { readonly do: "connect"; readonly to: Omit<SyncConnectOptions, "auth"> & { readonly auth?: AuthName } }
  | {
      readonly do: "call" | "send";
      readonly procedure: ProcedureName;
      readonly args: unknown;
      readonly options: WorkerOptions;
      readonly times: number;
    }
  | { readonly do: "state" }
  | { readonly do: "close" };

/** What became of it. */
export interface Outcome {
  readonly result?: unknown;
  readonly error?: Partial<RpcError> & { readonly message: string; readonly name: string };
  readonly ms: number;
}

function flavor(name: AuthName): ClientAuth {
  const sys = authSys({ machinename: "here", uid: 7, gid: 8, gids: [9] });
  switch (name) {
    case "sys":
      return sys;
    case "sets-up":
      return { ...sys, setUp: () => Promise.resolve() };
    case "refreshes-late":
      return { flavor: 1, marshal: sys.marshal.bind(sys), refresh: () => Promise.resolve(true) };
    case "throws":
      return {
        flavor: 1,
        marshal: () => {
          throw new Error("no ticket");
        },
      };
  }
}

let connection: RpcSyncConnection | undefined;

function connected(): RpcSyncConnection {
  if (connection === undefined) throw new Error("not connected");
  return connection;
}

function perform(task: Task): unknown {
  switch (task.do) {
    case "connect": {
      const { auth, ...to } = task.to;
      connection?.close();
      connection = connectSync(SERVICE, { ...to, ...(auth !== undefined && { auth: flavor(auth) }) });
      return String(connection.peer);
    }
    case "call":
    case "send": {
      const { auth, ...options } = task.options;
      const given = { ...options, ...(auth !== undefined && { auth: flavor(auth) }) };
      const procedure = PROCEDURES[task.procedure] as typeof BLOB;
      let result: unknown;
      for (let i = 0; i < task.times; i++) {
        if (task.do === "send") connected().send(procedure, task.args as Uint8Array, given);
        else result = connected().call(procedure, task.args as Uint8Array, given);
      }
      return result;
    }
    case "state": {
      const { transport, connected: isConnected, tolerated } = connected();
      return { transport, connected: isConnected, tolerated, ...connected().stats() };
    }
    case "close":
      connected().close();
      return undefined;
  }
}

parentPort?.on("message", (task: Task) => {
  const startMs = performance.now();
  let outcome: Omit<Outcome, "ms">;
  try {
    outcome = { result: perform(task) };
  } catch (error) {
    const { name, message } = error as Error;
    const details =
      error instanceof RpcError
        ? { code: error.code, low: error.low, high: error.high, authStat: error.authStat }
        : { code: (error as { code?: RpcError["code"] }).code };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    outcome = { error: { name, message, ...details, cause } as NonNullable<Outcome["error"]> };
  }
  parentPort?.postMessage({ ...outcome, ms: performance.now() - startMs });
});
