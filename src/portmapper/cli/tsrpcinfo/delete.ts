/** `tsrpcinfo -d prognum versnum`: takes a registration back, on all transports or one. */
import { isNetid } from "../../../runtime/address.ts";
import { RpcError } from "../../../runtime/index.ts";
import { contactByTcp, contactHere } from "./contact.ts";
import { Failure, UsageFailure } from "./failure.ts";
import { parseProgram, parseVersion } from "./numbers.ts";
import type { Form } from "./request.ts";

export const deleteRegistration: Form = async ({ operands, netid = "", names, output }) => {
  const [programText, versionText, ...more] = operands;
  if (programText === undefined || versionText === undefined || more.length > 0) throw new UsageFailure();
  if (netid !== "" && !isNetid(netid)) throw new Failure(`tsrpcinfo: netid ${netid} not supported`);
  const program = parseProgram(programText, names);
  const version = parseVersion(versionText);
  if (!(await unset(program, version, netid))) {
    throw new Failure(`tsrpcinfo: Could not delete registration for prog ${programText} version ${versionText}`);
  }
  output.document({ program, version, netid: netid === "" ? null : netid, deleted: true });
  return 0;
};

/** At the portmapper's socket, by which it knows the caller; where there is none, over loopback, as libtirpc does. */
async function unset(program: number, version: number, netid: string): Promise<boolean> {
  try {
    const client = await contactHere().catch(() => contactByTcp("127.0.0.1"));
    try {
      return await client.v3.unset({ program, version }, netid);
    } finally {
      await client.close();
    }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return false;
  }
}
