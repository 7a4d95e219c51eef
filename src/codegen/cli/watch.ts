/** `--watch`: generates again and again. */
import { Failure } from "./failure.ts";
import { guarded } from "./guarded.ts";
import type { Messages, Output } from "./messages.ts";
import type { CliOptions } from "./options.ts";
import { refuseMisplaced } from "./output-place.ts";
import { generateFiles } from "./run.ts";
import { WatchedPaths } from "./watched-paths.ts";

/** Runs the command until `stop` is aborted, by default by SIGINT or SIGTERM. Errors in the sources don't end it. */
export async function watch(options: CliOptions, output: Output, stop: AbortSignal = untilSignal()): Promise<number> {
  const paths = new WatchedPaths();
  try {
    for (let current = options; !stop.aborted;) {
      const given = current;
      const trouble = await guarded(given.format, output, (messages) => runOnce(given, output, messages, paths));
      if (trouble !== 0) return trouble;
      // What flags mean is told once.
      current = { ...options, notes: [] };
      await paths.nextChange(stop);
    }
  } finally {
    paths.close();
  }
  return 0;
}

/** Gives 0 also where there are errors in the sources; throws a Failure where the system can't watch them, or where `-o` can't be. */
async function runOnce(options: CliOptions, output: Output, messages: Messages, paths: WatchedPaths): Promise<number> {
  // No change of an input mends it.
  await refuseMisplaced(options);
  let wrote = "nothing is written";
  paths.clear();
  const status = await generateFiles(options, output, messages, {
    keepEqual: true,
    onRead: (path) => {
      paths.add(path);
    },
    onWritten: ({ length }) => {
      wrote = `wrote ${counted(length)}`;
    },
  }).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    messages.failure(error.message);
    return 1;
  });
  paths.watch();
  messages.note(`${status === 0 ? wrote : "nothing is written"}; watching ${counted(paths.files)}`);
  return 0;
}

function counted(files: number): string {
  return files === 1 ? "1 file" : `${files} files`;
}

/** The second signal ends the process as ever. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    controller.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return controller.signal;
}
