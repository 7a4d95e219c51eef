/** `tsrpcinfo -b prognum versnum`: every host that answers for a service. */
import { lookupService } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { systemCode } from "../../../runtime/error.ts";
import { RpcError, broadcast, broadcastAddresses } from "../../../runtime/index.ts";
import { PMAP_PORT } from "../../../runtime/rpcbind/gen/pmap_prot.ts";
import { portmapWays } from "../../../runtime/rpcbind/portmap.ts";
import { createErrorText } from "./error-text.ts";
import { Failure, UsageFailure } from "./failure.ts";
import { nullProcedure } from "./null-call.ts";
import { parseProgram, parseVersion } from "./numbers.ts";
import type { Form } from "./request.ts";

export const broadcastPing: Form = async ({ operands, netid = "udp", names, output }) => {
  const [programText, versionText, ...more] = operands;
  if (programText === undefined || versionText === undefined || more.length > 0) throw new UsageFailure();
  const program = parseProgram(programText, names);
  const version = parseVersion(versionText);
  if (netid !== "udp" && netid !== "udp6") throw new Failure("tsrpcinfo: broadcast failed: RPC: Unknown protocol");
  const found: { address: string; host: string }[] = [];
  try {
    const replies = broadcast(nullProcedure(program, version), undefined, {
      addresses: netid === "udp" ? broadcastAddresses() : portmapperGroups(),
      portmapPort: portmapWays("localhost", "auto").inet?.port ?? PMAP_PORT,
    });
    for await (const { from } of replies) {
      const host = await nameOf(from.host);
      found.push({ address: from.uaddr, host });
      output.line(`${from.uaddr}\t${host}`);
    }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new Failure(`tsrpcinfo: broadcast failed: ${createErrorText(error)}`);
  }
  output.document(found);
  return 0;
};

/** The portmappers' multicast group (RFC 1833 section 2.2.1), on each link. */
function portmapperGroups(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([, addresses]) => addresses?.some(({ family, internal }) => family === "IPv6" && !internal))
    .map(([name]) => `ff02::202%${name}`);
}

/** The host's name; its address again where it has none, and `unknown` where nobody can say, as C's getnameinfo and rpcinfo have it. */
async function nameOf(host: string): Promise<string> {
  try {
    return (await lookupService(host.replace(/%.*$/, ""), PMAP_PORT)).hostname;
  } catch (error) {
    return systemCode(error) === "ENOTFOUND" ? host : "unknown";
  }
}
