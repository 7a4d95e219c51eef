import { createRequire } from "node:module";
import { systemCode } from "../../../runtime/error.ts";
import { ProgramNames } from "../../program-names.ts";
import { addressList } from "./address-list.ts";
import { type CommandLine, type FormLetter, parseCommandLine } from "./command-line.ts";
import { broadcastPing } from "./broadcast.ts";
import { deleteRegistration } from "./delete.ts";
import { Failure, UsageFailure } from "./failure.ts";
import { list } from "./list.ts";
import { parsePort } from "./numbers.ts";
import { Output } from "./output.ts";
import { addressPing, tcpPing, transportPing, udpPing } from "./ping.ts";
import { portmapList } from "./portmap-list.ts";
import type { Form } from "./request.ts";
import { shortList } from "./short-list.ts";
import { statistics } from "./statistics.ts";

const FORMS: Readonly<Record<FormLetter, Form>> = {
  p: portmapList,
  t: tcpPing,
  u: udpPing,
  a: addressPing,
  b: broadcastPing,
  d: deleteRegistration,
  l: addressList,
  m: statistics,
  s: shortList,
};

const PINGS: ReadonlySet<Form> = new Set([tcpPing, udpPing, transportPing, addressPing]);

/**
 * The command tsrpcinfo. Sets the process's exit code: 0, or 1 where something failed.
 *
 * @param argv - As `process.argv`.
 */
export async function main(argv: readonly string[]): Promise<void> {
  // `tsrpcinfo | head` has read enough.
  process.stdout.on("error", (error) => {
    if (systemCode(error) !== "EPIPE") throw error;
  });
  let output = new Output(false, process.stdout, process.stderr);
  try {
    const line = parseCommandLine(argv, packageVersion());
    if (line === undefined) return;
    output = new Output(line.json, process.stdout, process.stderr);
    const { operands, netid, address, pings } = line;
    const port = line.port === undefined ? 0 : parsePort(line.port);
    const names = ProgramNames.load();
    process.exitCode = await formOf(line)({ operands, netid, address, port, pings, names, output });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    output.error(error.message);
    process.exitCode = 1;
  }
}

function formOf({ form: letter, operands, netid, pings }: CommandLine): Form {
  const form = letter === undefined ? (operands.length > 1 ? transportPing : list) : FORMS[letter];
  if (letter === "a" && netid === undefined) throw new UsageFailure();
  if (pings > 0 && !PINGS.has(form))
    throw new UsageFailure("tsrpcinfo: --ping goes with -t, -u, -T or -a and a program");
  return form;
}

function packageVersion(): string {
  const manifest = createRequire(import.meta.url)("tsrpcgen/package.json") as { readonly version: string };
  return manifest.version;
}
