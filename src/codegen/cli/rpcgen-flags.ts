/** Those of C rpcgen's flags that choose no output: what shapes the sample server, the preprocessor's, and what says nothing here. */
import { type Command, InvalidArgumentError } from "commander";
import type { OutputKind } from "../emit/index.ts";
import type { Define } from "../preprocess/preprocess.ts";
import type { SampleServerOptions, SampleTransport } from "../emit/sample-server.ts";

/** What these flags say. */
export interface RpcgenOptions {
  /** `-T`: the dispatch table, too. */
  readonly table: boolean;
  readonly sampleServer: SampleServerOptions;
  /** In the order given, each with a value: `1` where none is given, as in C. */
  readonly defines: readonly Define[];
  readonly undefines: readonly string[];
  /** Folders of included files, in the order in which they are searched. */
  readonly include: readonly string[];
  /** For the user: one line for each flag that has no meaning here. */
  readonly notes: readonly string[];
}

/** Those of the preprocessor, as commander hands them over. */
export interface PreprocessorFlags {
  readonly D?: Define[];
  readonly U?: string[];
  readonly include?: string[];
}

/** As commander hands them over. */
export interface RpcgenFlags extends PreprocessorFlags {
  T?: true;
  s?: SampleTransport[];
  n?: SampleTransport[];
  K?: number;
  I?: true;
  L?: true;
  b?: true;
  5?: true;
  C?: true;
  k?: true;
  M?: true;
  N?: true;
  i?: string;
  Y?: string;
}

/**
 * Transports by C's classes. Visible is what libtirpc's /etc/netconfig marks so, which `local` is not; where NETPATH is
 * not set, its classes have the same. Transports are chosen here, not when the server starts, so NETPATH is not looked
 * at. C's own server code for `tcp` and `udp` serves IPv4.
 */
const NETTYPES: Readonly<Record<string, readonly SampleTransport[]>> = {
  netpath: ["tcp", "udp", "tcp6", "udp6"],
  visible: ["tcp", "udp", "tcp6", "udp6"],
  circuit_v: ["tcp", "tcp6"],
  circuit_n: ["tcp", "tcp6"],
  datagram_v: ["udp", "udp6"],
  datagram_n: ["udp", "udp6"],
  tcp: ["tcp"],
  udp: ["udp"],
};

/** Transports by their names in /etc/netconfig, in SVR4's too: streams within this host are all `local` here. */
const NETIDS: Readonly<Record<string, SampleTransport>> = {
  tcp: "tcp",
  udp: "udp",
  tcp6: "tcp6",
  udp6: "udp6",
  local: "local",
  unix: "local",
  ticots: "local",
  ticotsord: "local",
};

/** Why a flag of C's means nothing here. */
const MEANINGLESS: Readonly<Record<string, string>> = {
  b: "it chooses C's library of SunOS 4.1; there is one runtime here",
  5: "it chooses C's library of System V; there is one runtime here",
  C: "it chooses a dialect of C; the output is TypeScript",
  k: "it chooses a dialect of C; the output is TypeScript",
  M: "code for several threads; a client here takes any number of calls at a time, and each has a result of its own",
  i: "it says what C's code does inline; codecs here call no function where they need none",
  Y: "it says where C's preprocessor is; none is run here",
};

/** Adds the flags to the command. */
export function addRpcgenFlags(command: Command): Command {
  command
    .option("-T", "write the dispatch tables date_tbl.ts, too")
    .option(
      "-s <nettype>",
      "the sample server listens on this class of transports (tcp, udp, visible, circuit_v, …)",
      nettype,
    )
    .option("-n <netid>", "the sample server listens on this transport: tcp, udp, tcp6, udp6 or local", netid)
    .option("-K <seconds>", "the sample server ends after so long without a call; -1: never", seconds)
    .option("-I", "inetd can start the sample server")
    .option("-L", "the sample server's errors go to the system's log");
  return addPreprocessorFlags(command)
    .option("-N", "arguments one by one and by value, which they always are")
    .option("-b", "nothing here: C's old library")
    .option("-5", "nothing here: C's newer library")
    .option("-C", "nothing here: ANSI C")
    .option("-k", "nothing here: C of old")
    .option("-M", "nothing here: threads")
    .option("-i <size>", "nothing here: inline code")
    .option("-Y <path>", "nothing here: the folder of cpp");
}

/** Adds those of the preprocessor. */
export function addPreprocessorFlags(command: Command): Command {
  return command
    .option("-D <name[=value]>", "define a name for the preprocessor", define)
    .option("-U <name>", "undefine a name for the preprocessor", undefine)
    .option("--include <folder>", "search a folder for included files", folder);
}

/** What the flags say, given the one output that is asked for, if so, and whether the samples are. */
export function rpcgenOptions(flags: RpcgenFlags, single: OutputKind | undefined, samples: boolean): RpcgenOptions {
  const transports = [...(flags.s ?? []), ...(flags.n ?? [])];
  const server = single === "sample-server" || (single === undefined && samples);
  const notes = Object.entries(MEANINGLESS).filter(([flag]) => flag in flags);
  if (!server) {
    const shaping = ["s", "n", "K", "I", "L"].filter((flag) => flag in flags);
    notes.push(
      ...shaping.map((flag) => [flag, "it shapes the sample server, which -Ss and -a write"] as [string, string]),
    );
  }
  if (flags.T && single !== undefined) notes.push(["T", "one output alone is asked for; -t gives the tables"]);
  return {
    table: flags.T === true,
    sampleServer: {
      ...(transports.length > 0 && { transports: [...new Set(transports)] }),
      ...(flags.K !== undefined && { idleSeconds: flags.K }),
      ...(flags.I && { inetd: true }),
      ...(flags.L && { syslog: true }),
    },
    defines: flags.D ?? [],
    undefines: flags.U ?? [],
    include: flags.include ?? [],
    notes: notes.map(([flag, why]) => `-${flag}: ${why}`),
  };
}

function nettype(name: string, before: SampleTransport[] = []): SampleTransport[] {
  if (name === "raw") throw new InvalidArgumentError("raw is within one process: nothing listens.");
  const transports = Object.hasOwn(NETTYPES, name) ? NETTYPES[name] : undefined;
  if (transports === undefined) throw new InvalidArgumentError(`It is one of ${Object.keys(NETTYPES).join(", ")}.`);
  return [...before, ...transports];
}

function netid(name: string, before: SampleTransport[] = []): SampleTransport[] {
  if (name === "ticlts") throw new InvalidArgumentError("ticlts has datagrams within this host: local is a stream.");
  const transport = Object.hasOwn(NETIDS, name) ? NETIDS[name] : undefined;
  if (transport === undefined) throw new InvalidArgumentError(`It is one of ${Object.keys(NETIDS).join(", ")}.`);
  return [...before, transport];
}

/** C takes -1 alone for never; any negative number is, here. */
function seconds(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError("It is a number of seconds, or -1 for ever.");
  const number = Number(text);
  return number < 0 ? Infinity : number;
}

function define(text: string, before: Define[] = []): Define[] {
  const [, name = "", value = "1"] = /^([^=]*)(?:=([^]*))?$/.exec(text) ?? [];
  return [...before, { name: macroName(name), value }];
}

function undefine(name: string, before: string[] = []): string[] {
  return [...before, macroName(name)];
}

function macroName(name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new InvalidArgumentError("It begins with a name.");
  return name;
}

function folder(path: string, before: string[] = []): string[] {
  return [...before, path];
}
