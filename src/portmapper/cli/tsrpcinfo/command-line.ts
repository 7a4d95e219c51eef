/** The command line: rpcinfo's, whose forms are told apart by one letter, and long names beside the letters. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { UsageFailure } from "./failure.ts";

/** The letters that choose a form; of these at most one is given, once. */
const FORM_LETTERS = ["p", "t", "u", "a", "b", "d", "l", "m", "s"] as const;

/** The form that a letter chooses. */
export type FormLetter = (typeof FORM_LETTERS)[number];

/** What stands on the command line. */
export interface CommandLine {
  readonly form: FormLetter | undefined;
  readonly operands: readonly string[];
  readonly netid: string | undefined;
  readonly address: string | undefined;
  /** As it stands there; not checked. */
  readonly port: string | undefined;
  readonly pings: number;
  readonly json: boolean;
}

interface Values {
  readonly transport?: string;
  readonly address?: string;
  readonly port?: string;
  readonly ping: number;
  readonly json: boolean;
}

const HELP = `
Without a letter: every entry of the portmapper of the host, or of this one; with -T, host and program: as -t, over that transport.
A program is a number or a name of /etc/rpc. Without a version each that the server has is tried.
The exit code is 0, or 1 where something failed or a version is not available.
TSRPC_PORTMAP=HOST:PORT or TSRPC_PORTMAP=PATH: where this host's portmapper is, if not at port 111 and /run/rpcbind.sock.`;

/**
 * Reads the command line.
 *
 * @param argv - As `process.argv`.
 * @param version - What `--version` prints.
 * @returns undefined where help or the version was asked for, and printed.
 * @throws UsageFailure
 */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine | undefined {
  const forms: FormLetter[] = [];
  const program = new Command("tsrpcinfo")
    .description("Asks a portmapper (rpcbind) what is registered, and services whether they answer: rpcinfo.")
    .usage("[options] [host] [program] [version]")
    .argument("[operands...]")
    .option("-p, --portmap", "list the entries by version 2 of the protocol")
    .option("-s, --short", "list a line for each program")
    .option("-m, --statistics", "show what the portmapper counted")
    .option("-l, --list", "show the ways to reach a service: host, program, version")
    .option("-t, --tcp", "call a service by tcp: host, program, perhaps version")
    .option("-u, --udp", "call a service by udp")
    .option("-a, --address <address>", "call a service at a universal address, with -T: program, perhaps version")
    .option("-b, --broadcast", "call a service on every host of the networks: program, version")
    .option("-d, --delete", "take a registration back: program, version")
    .option("-T, --transport <netid>", "tcp, udp, tcp6, udp6 or local")
    .option("-n, --port <number>", "the port for -t and -u; the portmapper is not asked")
    .option("--ping <calls>", "time so many calls to each version that answers: min, median, p99", parseCalls, 0)
    .option("--json", "print JSON", false)
    .version(version, "--version", "show the version")
    .helpOption("--help", "show this help")
    .addHelpText("after", HELP)
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  for (const letter of FORM_LETTERS) {
    const name = program.options.find(({ short }) => short === `-${letter}`)?.name();
    if (name !== undefined) program.on(`option:${name}`, () => forms.push(letter));
  }
  try {
    program.parse([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageFailure(`tsrpcinfo: ${complaint(error)}`);
  }
  const { transport, address, port, ping, json }: Values = program.opts();
  if (forms.length > 1) throw new UsageFailure();
  return { form: forms[0], operands: program.args, netid: transport, address, port, pings: ping, json };
}

/** In getopt's words, where it has any. */
function complaint({ code, message }: CommanderError): string {
  const option = /'(?:-(\w)|--?([\w-]*))/.exec(message);
  const letter = option?.[1] ?? "";
  if (code === "commander.optionMissingArgument") return `option requires an argument -- '${letter}'`;
  if (code !== "commander.unknownOption") return message.replace(/^error: /, "");
  return option?.[2] === undefined ? `invalid option -- '${letter}'` : `unrecognized option '--${option[2]}'`;
}

function parseCalls(text: string): number {
  const calls = Number(text);
  if (!/^\d+$/.test(text) || calls < 1 || calls > 1_000_000) {
    throw new InvalidArgumentError("Calls are a number from 1 to 1000000.");
  }
  return calls;
}
