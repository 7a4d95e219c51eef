/** `tsrpcinfo -p [host]`: the entries as version 2 of the protocol has them. */
import { RpcError } from "../../../runtime/index.ts";
import type { RpcbindClient } from "../../../runtime/rpcbind/rpcbind-client.ts";
import type { PortmapEntry } from "../../../runtime/rpcbind/rpcbind-types.ts";
import { contactByTcp, contactHere } from "./contact.ts";
import { NO_PROGRAMS, protocolName } from "./entries.ts";
import { callErrorText, createErrorText } from "./error-text.ts";
import { Failure, UsageFailure } from "./failure.ts";
import type { Form } from "./request.ts";

export const portmapList: Form = async ({ operands, port, names, output }) => {
  if (operands.length > 1 || port !== 0) throw new UsageFailure();
  const entries = await dump(operands[0]);
  output.line(entries.length === 0 ? NO_PROGRAMS : "   program vers proto   port  service");
  for (const { program, version, protocol, port: at } of entries) {
    const service = names.nameOf(program);
    const numbers = `${String(program).padStart(10)}${String(version).padStart(5)}`;
    const where = `${protocolName(protocol).padStart(6)}${String(at).padStart(7)}`;
    output.line(`${numbers}${where}${service === undefined ? "" : `  ${service}`}`);
  }
  output.document(
    entries.map(({ protocol, ...entry }) => ({
      ...entry,
      protocol: protocolName(protocol),
      service: names.nameOf(entry.program) ?? null,
    })),
  );
  return 0;
};

async function dump(host: string | undefined): Promise<PortmapEntry[]> {
  let client: RpcbindClient;
  try {
    client = await (host === undefined ? contactHere() : contactByTcp(host));
  } catch (error) {
    throw new Failure(`${host ?? "tsrpcinfo: can't contact portmapper"}: ${createErrorText(error)}`);
  }
  try {
    return await client.v2.dump();
  } catch (error) {
    if (error instanceof RpcError && error.code === "RPC_PROGVERSMISMATCH" && (error.low ?? 0) > 2) {
      const what = host ?? "This host";
      throw new Failure(`${what} does not support portmapper.  Try tsrpcinfo ${host ?? ""} instead`);
    }
    throw new Failure(`tsrpcinfo: can't contact portmapper: ${callErrorText(error)}`);
  } finally {
    await client.close();
  }
}
