/** Processes that are killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Place } from "./rows.ts";

/** A process that has loaded what it needs, and begins. */
export interface Child {
  readonly pid: number;
  /** Resolves when it has ended, and its parent knows. */
  readonly ended: Promise<void>;
  kill(): void;
}

const program = fileURLToPath(new URL("./program.js", import.meta.url));

async function start(role: "server" | "client" | "parent", place?: Place): Promise<Child> {
  const args = [program, role, ...(place === undefined ? [] : [JSON.stringify(place)])];
  return of(spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }));
}

/** Resolves when it says that it begins. */
async function of(child: ChildProcess): Promise<Child> {
  const ended = once(child, "exit").then(() => undefined);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return { pid: child.pid as number, ended, kill: () => child.kill("SIGKILL") };
}

export const startChild: typeof start & { readonly program: string; readonly of: typeof of } = Object.assign(start, {
  program,
  of,
});
