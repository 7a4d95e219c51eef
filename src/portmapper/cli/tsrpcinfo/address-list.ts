/** `tsrpcinfo -l host prognum versnum`: the ways to reach a service. */
import { asking, contactFor } from "./contact.ts";
import { NO_PROGRAMS } from "./entries.ts";
import { UsageFailure } from "./failure.ts";
import { parseProgram, parseVersion } from "./numbers.ts";
import type { Form } from "./request.ts";

const HEADER = "   program vers  tp_family/name/class    address\t\t  service";

export const addressList: Form = async ({ operands, netid, names, output }) => {
  const [host, programText, versionText, ...more] = operands;
  if (host === undefined || programText === undefined || versionText === undefined || more.length > 0) {
    throw new UsageFailure();
  }
  const program = parseProgram(programText, names);
  const version = parseVersion(versionText);
  const ways = await asking(contactFor(host, netid), (client) => client.v4.getaddrlist({ program, version }));
  const service = names.nameOf(program);
  output.line(ways.length === 0 ? NO_PROGRAMS : HEADER);
  for (const { uaddr, semantics, family, protocol } of ways) {
    const kind = semantics === "clts" || semantics === "cots" ? semantics : "cots_ord";
    const numbers = `${String(program).padStart(10)}${String(version).padStart(3)}`;
    const transport = `${family}/${protocol}/${kind} `.padEnd(24);
    output.line(`${numbers}    ${transport}${uaddr.padEnd(24)} ${(service ?? "-").padEnd(13)}`);
  }
  output.document(
    ways.map(({ uaddr, ...way }) => ({ program, version, ...way, address: uaddr, service: service ?? null })),
  );
  return 0;
};
