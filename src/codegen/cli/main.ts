/** The program `tsrpcgen`. */
import { readFileSync } from "node:fs";
import { wantsColor } from "./color.ts";
import { runCommand } from "./command.ts";
import { Failure, reason } from "./failure.ts";

/** The package's version: its package.json is the nearest one above this file that has one. */
function packageVersion(): string {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    try {
      const { version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as { version?: string };
      if (version !== undefined) return version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (folder.pathname === "/") return "unknown";
  }
}

function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error) reject(new Failure(`can't write to standard output: ${reason(error)}`));
      else resolve();
    });
  });
}

// A reader that has gone away (`| head`) wants no more, and no message either.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exitCode = 1;
  if (error.code === "EPIPE") process.exit();
});

process.exitCode = await runCommand(process.argv.slice(2), packageVersion(), {
  out: print,
  err: (text) => process.stderr.write(text),
  color: wantsColor(process.stderr.isTTY),
});
