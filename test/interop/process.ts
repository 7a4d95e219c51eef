import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program that runs until it is disposed. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stderr = "";

  constructor(file: string, args: readonly string[], env?: NodeJS.ProcessEnv) {
    this.child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: env ?? process.env });
    this.#ended = once(this.child, "close");
    // Without a program to start there is an "error" and, in the end, a "close" all the same.
    this.#ended.catch(() => undefined);
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
  }

  /** What it wrote to standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Its first line on standard output that `wanted` accepts. */
  async line(wanted: (line: string) => boolean): Promise<string> {
    if (this.child.stdout === null) throw new Error("no standard output");
    for await (const line of createInterface({ input: this.child.stdout })) {
      if (wanted(line)) {
        this.child.stdout.resume();
        return line;
      }
    }
    throw new Error(`${this.child.spawnfile} ended: ${this.#stderr}`);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.#ended;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
