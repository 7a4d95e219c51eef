import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../../bin/tsrpcbind.js", import.meta.url));

/** What a command has said when it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A tsrpcbind that runs until it is disposed. */
export class Command implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #lines: AsyncIterator<string>;
  readonly #logLines: AsyncIterator<string>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [COMMAND, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error("no pipes");
    const text = { stdout: "", stderr: "" };
    stdout.setEncoding("utf8").on("data", (more: string) => (text.stdout += more));
    stderr.setEncoding("utf8").on("data", (more: string) => (text.stderr += more));
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.#logLines = createInterface({ input: stderr })[Symbol.asyncIterator]();
    this.ended = once(this.child, "close").then(() => ({ code: this.child.exitCode, ...text }));
  }

  /** Where it listens. Rejects, with what it said, where it ends before. */
  async firstLine(): Promise<string> {
    const { value } = (await this.#lines.next()) as { value: string | undefined };
    if (value === undefined) throw new Error(`it has ended: ${(await this.ended).stderr}`);
    return value;
  }

  /** The port that it listens at over tcp. */
  async port(): Promise<number> {
    return Number(/\btcp \S+:(\d+)/.exec(await this.firstLine())?.[1]);
  }

  /** The next line of the log that has a text. */
  async logLine(text: string): Promise<string> {
    for (;;) {
      const { value } = (await this.#logLines.next()) as { value: string | undefined };
      if (value === undefined) throw new Error(`no line with ${text}: ${(await this.ended).stderr}`);
      if (value.includes(text)) return value;
    }
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
