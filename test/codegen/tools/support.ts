/** Runs the command in this process: a process takes a second. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { parseBreakingArguments, runBreaking } from "../../../src/codegen/cli/breaking.ts";
import { runEmit } from "../../../src/codegen/cli/emit.ts";
import type { Output } from "../../../src/codegen/cli/messages.ts";
import { type CliOptions, parseArguments } from "../../../src/codegen/cli/options.ts";
import { run } from "../../../src/codegen/cli/run.ts";

export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for the files of a test. Paths are absolute in arguments and relative here. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), "tsrpcgen-tools-"));

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.at(name), text);
    return this.at(name);
  }

  read(name: string): string {
    return readFileSync(this.at(name), "utf8");
  }

  files(): string[] {
    return readdirSync(this.path).sort();
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Misuse throws a `CommanderError`. */
const override = (command: Command): void => {
  command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
};

export function parse(...args: string[]): CliOptions {
  return parseArguments(args, "1.2.3", override);
}

async function captured(work: (output: Output) => Promise<number>): Promise<Result> {
  let [stdout, stderr] = ["", ""];
  const status = await work({
    out: (text) => {
      stdout += text;
      return Promise.resolve();
    },
    err: (text) => {
      stderr += text;
    },
    color: false,
  });
  return { status, stdout, stderr };
}

export function tsrpcgen(...args: string[]): Promise<Result> {
  const options = parse(...args);
  return captured((output) => (options.emit ? runEmit(options.emit, options, output) : run(options, output)));
}

export function tsrpcgenBreaking(...args: string[]): Promise<Result> {
  return captured((output) => runBreaking(parseBreakingArguments(args, "1.2.3", override), output));
}
