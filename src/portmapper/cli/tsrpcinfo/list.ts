/** `tsrpcinfo [host]`: every entry of a portmapper. */
import { asking, contactFor } from "./contact.ts";
import { NO_PROGRAMS, entriesOf } from "./entries.ts";
import { UsageFailure } from "./failure.ts";
import type { Form } from "./request.ts";

const HEADER = "   program version netid     address                service    owner";

export const list: Form = async ({ operands, netid, names, output }) => {
  if (operands.length > 1) throw new UsageFailure();
  const entries = await asking(contactFor(operands[0], netid), entriesOf);
  output.line(entries.length === 0 ? NO_PROGRAMS : HEADER);
  for (const { program, version, netid: on, uaddr, owner } of entries) {
    const service = (names.nameOf(program) ?? "-").padEnd(10);
    const numbers = `${String(program).padStart(10)}${String(version).padStart(5)}`;
    output.line(`${numbers}    ${on.padEnd(9)} ${uaddr.padEnd(22)} ${service} ${owner}`);
  }
  output.document(
    entries.map(({ uaddr, ...entry }) => ({ ...entry, address: uaddr, service: names.nameOf(entry.program) ?? null })),
  );
  return 0;
};
