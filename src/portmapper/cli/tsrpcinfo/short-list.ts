/** `tsrpcinfo -s [host]`: a line for each program. */
import type { RpcbindEntry } from "../../../runtime/rpcbind/rpcbind-types.ts";
import { asking, contactFor } from "./contact.ts";
import { NO_PROGRAMS, entriesOf } from "./entries.ts";
import { UsageFailure } from "./failure.ts";
import type { Form } from "./request.ts";

const HEADER = "   program version(s) netid(s)                         service     owner";

interface Program {
  readonly program: number;
  readonly versions: number[];
  readonly netids: string[];
  /** Of its first entry. */
  readonly owner: string;
}

export const shortList: Form = async ({ operands, netid, names, output }) => {
  if (operands.length > 1) throw new UsageFailure();
  const programs = byProgram(await asking(contactFor(operands[0], netid), entriesOf));
  output.line(programs.length === 0 ? NO_PROGRAMS : HEADER);
  for (const { program, versions, netids, owner } of programs) {
    const service = (names.nameOf(program) ?? "-").padEnd(11);
    const columns = `${versions.join(",").padEnd(10)}${netids.join(",").padEnd(32)}`;
    output.line(`${String(program).padStart(10)}  ${columns} ${service} ${owner}`);
  }
  output.document(programs.map((each) => ({ ...each, service: names.nameOf(each.program) ?? null })));
  return 0;
};

/** In the order of the entries, and within a program the last one first, as rpcinfo's lists grow. */
function byProgram(entries: readonly RpcbindEntry[]): Program[] {
  const programs = new Map<number, Program>();
  for (const { program, version, netid, owner } of entries) {
    const known = programs.get(program) ?? { program, versions: [], netids: [], owner };
    if (!known.versions.includes(version)) known.versions.unshift(version);
    if (!known.netids.includes(netid)) known.netids.unshift(netid);
    programs.set(program, known);
  }
  return [...programs.values()];
}
