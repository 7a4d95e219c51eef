import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { connect } from "node:net";
import { once } from "node:events";
import { promisify } from "node:util";

export const run: (
  file: string,
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv; timeout?: number; maxBuffer?: number },
) => Promise<{ stdout: string; stderr: string }> = promisify(execFile);

/** Where C's portmapper listens, which its clients can't be told otherwise. */
export const RPCBIND_PORT = 111;
export const RPCBIND_SOCKET = "/run/rpcbind.sock";

/** Whether scripts/test.mjs started mocha in a network and mount namespace of its own. */
function inNamespace(): boolean {
  return process.env["TSRPC_TEST_NAMESPACE"] === "1";
}

function onPath(command: string): boolean {
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a test needs of the machine. */
export interface Needs {
  /** Programs, each by the Debian package that has it. */
  readonly commands?: Readonly<Record<string, string>>;
  /** Whether port 111 and /run/rpcbind.sock must be free to take. */
  readonly namespace?: boolean;
  /** Whether it must be the machine's own root: the real rpcbind, and the daemons of NFS, start under no other. */
  readonly root?: boolean;
}

/** What the compiled C programs need. */
export const C_TOOLS: Readonly<Record<string, string>> = {
  rpcgen: "rpcsvc-proto",
  gcc: "gcc",
  "pkg-config": "pkg-config",
};

async function isMachinesRoot(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const { stdout } = await run("cat", ["/proc/self/uid_map"]);
  // A user namespace maps a single user, or the root of someone who is not root.
  return /^\s*0\s+0\s+4294967295\s*$/.test(stdout);
}

/** Why a test can't run here; undefined where it can. */
export async function missing(wanted: Needs): Promise<string | undefined> {
  if (wanted.namespace === true && !inNamespace())
    return "not in a namespace of its own (npm test makes one where it can)";
  for (const [command, debian] of Object.entries(wanted.commands ?? {})) {
    if (!onPath(command)) return `${command} is not installed (Debian package ${debian})`;
  }
  if (wanted.root === true && !(await isMachinesRoot())) return "the real rpcbind and other daemons run as root only";
  return undefined;
}

/** Called in a `before` hook: skips the suite. The reason goes into the tests' names, the only thing of them that is printed. */
export function skipSuite(context: Mocha.Context, reason: string): never {
  context.test?.parent?.eachTest((test) => (test.title += ` (skipped: ${reason})`));
  return context.skip();
}

/** A `before` hook: skips the suite where something is missing, saying what. */
export function needs(wanted: Needs): (this: Mocha.Context) => Promise<void> {
  return async function () {
    const reason = await missing(wanted);
    if (reason !== undefined) skipSuite(this, reason);
  };
}

/** Resolves when a TCP port of this host takes connections. Each try ends before the next begins. */
export async function takesConnections(port: number, host = "127.0.0.1"): Promise<void> {
  for (const end = Date.now() + 10_000; ;) {
    const socket = connect({ port, host });
    try {
      await once(socket, "connect");
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    } finally {
      socket.destroy();
    }
  }
}
