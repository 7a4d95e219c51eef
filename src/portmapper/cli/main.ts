import { inheritedSockets } from "../../runtime/index.ts";
import { reason } from "../../runtime/error.ts";
import type { PortmapperEventListener } from "../events.ts";
import { Portmapper } from "../portmapper.ts";
import { type CliOptions, commandLine } from "./command-line.ts";
import { listenError } from "./listen-error.ts";
import { listeningText } from "./listening.ts";
import { makeLog } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { serviceManager } from "./service-manager.ts";
import { settings, userOption } from "./settings.ts";
import { becomeUser, systemUser } from "./user.ts";

/**
 * The command tsrpcbind: a portmapper in the foreground, until SIGINT or SIGTERM.
 *
 * @param argv - As `process.argv`.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const options: CliOptions = commandLine()
    .parse([...argv])
    .opts();
  try {
    await run(options);
  } catch (error) {
    console.error(`tsrpcbind: ${reason(error)}`);
    process.exitCode = 1;
  }
}

async function run(options: CliOptions): Promise<void> {
  const { log: form, logLevel = "info", debug = false, abortOnErrors = false } = options;
  const log = makeLog({ form, level: debug ? "debug" : logLevel });
  const aborts = abortOnErrors && debug;
  // As rpcbind does.
  if (abortOnErrors && !debug) log.logger.warn({ event: "option-ignored" }, "-a says nothing without -d: ignored");
  const userName = userOption(options);
  const user = userName === undefined ? undefined : systemUser(userName);
  let metrics: Metrics | undefined;
  const onEvent: PortmapperEventListener = (event) => {
    log.event(event);
    metrics?.event(event);
    // What is in memory tells why.
    if (aborts && event.kind === "failed") process.abort();
  };
  const tell = serviceManager(log.logger);
  const sockets = inheritedSockets();
  await using portmapper = new Portmapper({ ...settings(options, user), sockets, onEvent });
  if (options.metrics !== undefined) metrics = new Metrics(portmapper);
  try {
    // Before the line that tells others that it may be signalled.
    const ended = signalled();
    let bound;
    try {
      bound = await portmapper.listen();
    } catch (error) {
      throw new Error(listenError(error, options.port), { cause: error });
    }
    if (metrics !== undefined && options.metrics !== undefined) {
      const port = await metrics.listen(options.metrics);
      log.logger.info({ event: "metrics", port }, `metrics at http://127.0.0.1:${port}/metrics`);
    }
    if (user !== undefined) becomeUser(user);
    const where = `listening on ${listeningText(bound)}`;
    await tell("READY=1", `STATUS=${where}`);
    console.log(`tsrpcbind: ${where}`);
    await ended;
    await tell("STOPPING=1");
  } finally {
    metrics?.close();
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        resolve();
      });
    }
  });
}
