/**
 * Programs in C, which use the plain system calls on the objects that a test uses through tsrpcgen/ipc. Each is one file
 * of test/ipc/c. They talk by lines: a peer that has done what it was told says so, and nobody sleeps.
 * @module
 */
import { execFile, execFileSync, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Compiled, this file is dist/test/ipc/c-peer.js. */
const SOURCES = fileURLToPath(new URL("../../../test/ipc/c", import.meta.url));

const FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread"];

let missing: string | false | undefined;

/** Why there can be no peer in C in this run, or undefined. */
export function whyNoPeer(): string | undefined {
  missing ??= findCompiler();
  return missing === false ? undefined : missing;
}

function findCompiler(): string | false {
  try {
    execFileSync("gcc", ["--version"], { stdio: "ignore" });
    return false;
  } catch {
    return "no gcc";
  }
}

let folder: string | undefined;
const programs = new Map<string, Promise<string>>();

/** The path of the program of test/ipc/c/`name`.c, compiled at the first use in a run of the tests. */
export function cProgram(name: string): Promise<string> {
  let program = programs.get(name);
  if (program === undefined) {
    program = compile(name);
    programs.set(name, program);
  }
  return program;
}

async function compile(name: string): Promise<string> {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "tsrpcgen-ipc-"));
    folder = made;
    process.on("exit", () => {
      rmSync(made, { recursive: true, force: true });
    });
    // A peer may run as another user.
    chmodSync(made, 0o755);
  }
  const program = join(folder, name);
  const libraries = process.platform === "linux" ? ["-lrt"] : [];
  await promisify(execFile)("gcc", [...FLAGS, "-o", program, join(SOURCES, `${name}.c`), ...libraries]);
  return program;
}

export interface PeerOptions {
  /** User and group to run as: only root can choose. Default: our own. */
  uid?: number;
  /** Descriptors of ours that it gets as 3, 4, … */
  descriptors?: readonly number[];
}

/** A C program that runs, until it ends or is disposed. */
export class CPeer implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | NodeJS.Signals>;
  /** Lines that nobody has asked for yet. */
  readonly #lines: string[] = [];
  readonly #asking: ((line: string | undefined) => void)[] = [];
  #atEnd = false;
  #stderr = "";

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        resolve(code ?? signal ?? 0);
      });
    });
    this.#ended.catch(() => undefined);
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    // It may have ended before it has read all: its exit code tells.
    child.stdin.on("error", () => undefined);
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      const asking = this.#asking.shift();
      if (asking === undefined) this.#lines.push(line);
      else asking(line);
    });
    lines.on("close", () => {
      this.#atEnd = true;
      for (const asking of this.#asking.splice(0)) asking(undefined);
    });
  }

  /** Runs test/ipc/c/`name`.c. */
  static async start(
    name: string,
    args: readonly (string | number)[] = [],
    { uid, descriptors = [] }: PeerOptions = {},
  ): Promise<CPeer> {
    const child = spawn(await cProgram(name), args.map(String), {
      stdio: ["pipe", "pipe", "pipe", ...descriptors],
      ...(uid !== undefined && { uid, gid: uid }),
    });
    return new CPeer(child as ChildProcessWithoutNullStreams);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#child.spawnfile} was not started`);
    return this.#child.pid;
  }

  /** What it wrote to standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Its next line. Rejects where there comes none any more. */
  async line(): Promise<string> {
    const line =
      this.#lines.shift() ??
      (this.#atEnd ? undefined : await new Promise<string | undefined>((resolve) => this.#asking.push(resolve)));
    if (line !== undefined) return line;
    const end = await this.#ended;
    throw new Error(`${this.#child.spawnfile} ended (${String(end)}) without a line: ${this.#stderr}`);
  }

  /** Writes a line to its standard input. */
  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** {@link say}, and the line that it answers. */
  ask(line: string): Promise<string> {
    this.say(line);
    return this.line();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends its standard input, and waits until it has ended. @returns its exit code, or the signal that ended it */
  exit(): Promise<number | NodeJS.Signals> {
    this.#child.stdin.end();
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended.catch(() => undefined);
  }
}
