/** `tsrpcinfo -m [host]`: what a portmapper counted. */
import type { RpcbindStats, RpcbindVersionStats } from "../../../runtime/rpcbind/rpcbind-types.ts";
import type { ProgramNames } from "../../program-names.ts";
import { asking, contactFor } from "./contact.ts";
import type { Output } from "./output.ts";
import type { Form } from "./request.ts";

/** The columns' titles, which are the procedures by their numbers. */
const PROCEDURES = {
  v2: ["NULL", "SET", "UNSET", "GETPORT", "DUMP", "CALLIT"],
  v3: ["NULL", "SET", "UNSET", "GETADDR", "DUMP", "CALLIT", "TIME", "U2T", "T2U"],
  v4: ["NULL", "SET", "UNSET", "GETADDR", "DUMP", "CALLIT", "TIME", "U2T", "T2U", "VERADDR", "INDRECT", "GETLIST", "GETSTAT"],
} as const; // prettier-ignore

const SET = 1;
const UNSET = 2;
const LOOKUP = 3;
const CALLIT = 5;
const INDIRECT = 10;
const GETADDRLIST = 11;

/** Columns in a row. */
const ROW = 9;
const TAB = 8;

export const statistics: Form = async ({ operands, names, output }) => {
  const stats = await asking(contactFor(operands[0], undefined), (client) => client.v4.getstat());
  printTables(stats, names, output);
  const { v2, v3, v4 } = stats;
  output.document({
    v2: withNames("v2", v2, names),
    v3: withNames("v3", v3, names),
    v4: withNames("v4", v4, names),
  });
  return 0;
};

/** For JSON: the counts by the procedures' names, and the programs' names beside their numbers. */
function withNames(version: keyof RpcbindStats, stat: RpcbindVersionStats, names: ProgramNames): object {
  const withName = <T extends { readonly program: number }>(count: T): T & { service: string | null } => ({
    ...count,
    service: names.nameOf(count.program) ?? null,
  });
  const procedures = PROCEDURES[version].map((procedure, number) => [procedure, calls(stat, number)]);
  return {
    ...stat,
    calls: Object.fromEntries(procedures) as object,
    lookups: stat.lookups.map(withName),
    remoteCalls: stat.remoteCalls.map(withName),
  };
}

function printTables({ v2, v3, v4 }: RpcbindStats, names: ProgramNames, output: Output): void {
  output.line("PORTMAP (version 2) statistics");
  printCounts(PROCEDURES.v2, v2, output);
  output.line("");
  if (calls(v2, CALLIT) > 0) printRemoteCalls("PMAP_RMTCALL call statistics", v2, false, names, output, "after");
  if (calls(v2, LOOKUP) > 0) printLookups("PMAP_GETPORT call statistics", v2, names, output, "after");
  output.line("RPCBIND (version 3) statistics");
  printCounts(PROCEDURES.v3, v3, output);
  output.line("");
  if (calls(v3, CALLIT) > 0)
    printRemoteCalls("RPCB_RMTCALL (version 3) call statistics", v3, false, names, output, "after");
  if (calls(v3, LOOKUP) > 0) printLookups("RPCB_GETADDR (version 3) call statistics", v3, names, output, "after");
  output.line("RPCBIND (version 4) statistics");
  printCounts(PROCEDURES.v4, v4, output);
  if (calls(v4, CALLIT) > 0 || calls(v4, INDIRECT) > 0)
    printRemoteCalls("RPCB_RMTCALL (version 4) call statistics", v4, true, names, output, "before");
  if (calls(v4, LOOKUP) > 0) printLookups("RPCB_GETADDR (version 4) call statistics", v4, names, output, "before");
}

function calls({ calls: counts }: RpcbindVersionStats, procedure: number): number {
  return counts[procedure] ?? 0;
}

/** Two lines for each row of columns: titles, and counts, of which some have those that succeeded in front. */
function printCounts(titles: readonly string[], stat: RpcbindVersionStats, output: Output): void {
  for (let first = 0; first < titles.length; first += ROW) {
    let head = "";
    let counts = "";
    titles.slice(first, first + ROW).forEach((title, index) => {
      const field = countOf(stat, first + index, titles.length > ROW);
      const width = TAB * (1 + Math.floor(field.length / TAB));
      head += title.padEnd(width);
      counts += field.padEnd(width);
    });
    output.line(head);
    output.line(counts);
  }
}

function countOf(stat: RpcbindVersionStats, procedure: number, isV4: boolean): string {
  const count = calls(stat, procedure);
  switch (procedure) {
    case SET:
      return `${stat.setSuccesses}/${count}`;
    case UNSET:
      return `${stat.unsetSuccesses}/${count}`;
    case LOOKUP:
      // rpcbind counts the successes of GETADDRLIST among those of GETADDR.
      return `${successes(stat.lookups)}/${count + (isV4 ? calls(stat, GETADDRLIST) : 0)}`;
    case CALLIT:
      return `${successes(stat.remoteCalls)}/${count}`;
    default:
      return String(count);
  }
}

function successes(counts: readonly { readonly success: number }[]): number {
  return counts.reduce((sum, { success }) => sum + success, 0);
}

function printRemoteCalls(
  title: string,
  stat: RpcbindVersionStats,
  isV4: boolean,
  names: ProgramNames,
  output: Output,
  blank: "before" | "after",
): void {
  if (blank === "before") output.line("");
  output.line(title);
  output.line(`prog\t\tvers\tproc\tnetid\t${isV4 ? "indirect success failure" : "success\tfailure"}`);
  for (const { program, version, procedure, netid, indirect, success, failure } of stat.remoteCalls) {
    const columns = `${nameOrNumber(program, names)}${version}\t${procedure}\t${netid}\t`;
    output.line(`${columns}${isV4 ? `${indirect}\t ` : ""}${success}\t${failure}`);
  }
  if (blank === "after") output.line("");
}

function printLookups(
  title: string,
  stat: RpcbindVersionStats,
  names: ProgramNames,
  output: Output,
  blank: "before" | "after",
): void {
  if (blank === "before") output.line("");
  output.line(title);
  output.line("prog\t\tvers\tnetid\t  success\tfailure");
  for (const { program, version, netid, success, failure } of stat.lookups) {
    output.line(`${nameOrNumber(program, names)}${version}\t${netid}\t  ${String(success).padEnd(12)}\t${failure}`);
  }
  if (blank === "after") output.line("");
}

function nameOrNumber(program: number, names: ProgramNames): string {
  return (names.nameOf(program) ?? String(program)).padEnd(16);
}
