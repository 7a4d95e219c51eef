/** The options of tsrpcbind: those of rpcbind, each with its meaning, beside long names and more. */
import { createRequire } from "node:module";
import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_REGISTRY_LIMITS } from "../registry.ts";
import { LOG_FORMS, LOG_LEVELS, type LogForm, type LogLevel } from "./log-options.ts";

/** What the command line says. */
export interface CliOptions {
  readonly port: number;
  readonly host?: string;
  readonly udpHost?: readonly string[];
  readonly socket?: string | false;
  readonly abortOnErrors?: true;
  readonly debug?: true;
  readonly insecure?: true;
  readonly logCalls?: true;
  readonly indirect?: true;
  readonly indirectDeny?: readonly number[];
  readonly indirectRate?: number;
  readonly s?: true;
  readonly user?: string;
  readonly warmStart?: true;
  readonly stateDir?: string;
  readonly allow?: readonly string[];
  readonly longUdpReplies?: readonly string[];
  readonly prune?: true;
  readonly pruneInterval?: number;
  readonly maxEntries?: number;
  readonly maxEntriesPerOwner?: number;
  readonly maxConnections?: number;
  readonly idleTimeout?: number;
  readonly log: LogForm;
  readonly logLevel?: LogLevel;
  readonly metrics?: number;
}

const HELP = `
Stays in the foreground; SIGINT and SIGTERM end it. C programs look at port 111 and /run/rpcbind.sock alone.
Programs made with tsrpcgen find it elsewhere by TSRPC_PORTMAP=HOST:PORT or TSRPC_PORTMAP=PATH.
Where systemd hands over sockets (LISTEN_FDS), these are served, and --port, --host, -h and --socket say nothing.
Exit code: 0 after SIGINT or SIGTERM, 1 for a wrong option or where it can't start.`;

/** The command, without anything that it does. */
export function commandLine(): Command {
  const { maxEntries, maxEntriesPerOwner } = DEFAULT_REGISTRY_LIMITS;
  return new Command("tsrpcbind")
    .description("Portmapper (rpcbind versions 2, 3 and 4): tells clients where this host's RPC services listen.")
    .optionsGroup("Where it listens:")
    .option("--port <number>", "port for tcp and udp; 0 takes a free one", numberUpTo(0, 65_535), 111)
    .option("--host <address>", "numeric address to listen at (default: all, IPv4 and IPv6)")
    .option("-h, --udp-host <address>", "listen over udp here and at loopback alone; may come several times", each)
    .option("--socket <path>", "UNIX socket to listen at (default: /run/rpcbind.sock with port 111, else none)")
    .option("--no-socket", "listen at no UNIX socket")
    .optionsGroup("Who may do what:")
    .option("-i, --insecure", "other hosts, too, may register services and remove them")
    .option("--allow <network>", "only these may call, beside this host: 192.0.2.0/24; may come several times", each)
    .option("-r, --indirect", "make calls for others (CALLIT, BCAST, INDIRECT)")
    .option(
      "--indirect-deny <program>",
      "number of a program to which none is made, beside the usual ones",
      eachProgram,
    )
    .option("--indirect-rate <calls>", "such calls a second, at most (default: 100)", numberUpTo(1, 1_000_000))
    .option("--long-udp-replies <network>", "hosts to which a reply over udp may be longer than its request", each)
    .option("--max-entries <number>", `registrations, at most (default: ${maxEntries})`, numberUpTo(16, 1_000_000))
    .option(
      "--max-entries-per-owner <number>",
      `registrations of one user, at most (default: ${maxEntriesPerOwner})`,
      numberUpTo(1, 1_000_000),
    )
    .option("--max-connections <number>", "of each stream listener (default: 1024)", numberUpTo(1, 1_000_000))
    .option("--idle-timeout <seconds>", "until an unused connection is closed (default: 120)", numberUpTo(1, 86_400))
    .optionsGroup("How it runs:")
    .option("-f, --foreground", "says nothing: it always stays in the foreground")
    .option("-s", "run as the user daemon, as --user daemon does")
    .option("--user <name>", "run as this user when the ports are bound; takes root")
    .option("-w, --warm-start", "keep what is registered over a restart (default folder: /run/tsrpcbind)")
    .option("--state-dir <folder>", "the same, in this folder")
    .option("--prune", "remove services that do not answer")
    .option("--prune-interval <seconds>", "the same, this often (default: 60)", numberUpTo(1, 86_400))
    .optionsGroup("What it tells:")
    .option("-l, --log-calls", "log every call")
    .option("-d, --debug", "log everything, with where it failed")
    .option("-a, --abort-on-errors", "with -d: abort at a failure of its own")
    .addOption(new Option("--log <form>", "on standard error").choices(LOG_FORMS).default("human"))
    .addOption(new Option("--log-level <level>", "log nothing below (default: info)").choices(LOG_LEVELS))
    .option("--metrics <port>", "serve Prometheus's text at http://127.0.0.1:PORT/metrics", numberUpTo(0, 65_535))
    .optionsGroup("Other:")
    .version(packageVersion())
    .helpOption("--help", "show this help")
    .addHelpText("after", HELP)
    .allowExcessArguments(false);
}

function each(text: string, all: readonly string[] = []): string[] {
  return [...all, text];
}

function eachProgram(text: string, all: readonly number[] = []): number[] {
  return [...all, numberUpTo(0, 0xffff_ffff)(text)];
}

function numberUpTo(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It is a number from ${min} to ${max}.`);
  };
}

function packageVersion(): string {
  const manifest = createRequire(import.meta.url)("tsrpcgen/package.json") as { readonly version: string };
  return manifest.version;
}
