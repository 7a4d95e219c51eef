import type { RpcContext } from "../runtime/context.ts";
import { type PortmapperParts, refuse } from "./answering.ts";
import { UNKNOWN, ownerOf } from "./owner.ts";
import { type OwnerProcess, ownerProcess } from "./owner-process.ts";

/** Who calls SET or UNSET. */
export interface Registrant {
  /** As {@link ownerOf} names it. */
  readonly owner: string;
  /** The process, where the kernel tells which it is. */
  readonly process: OwnerProcess | undefined;
}

/** Who calls SET or UNSET. Rejects the call, as rpcbind does, where it comes from another host. */
export function registrant(parts: PortmapperParts, ctx: RpcContext): Registrant {
  const local = ctx.transport === "local";
  const proven = local ? ctx.caller.proven : undefined;
  const owner = ownerOf({
    local,
    uid: proven?.uid,
    address: local ? undefined : ctx.peer.host,
    port: local ? undefined : ctx.peer.port,
  });
  if (owner === undefined && !parts.access.insecure) refuse(parts, ctx, "not-local");
  const pid = proven?.pid;
  return { owner: owner ?? UNKNOWN, process: pid === undefined ? undefined : ownerProcess(pid) };
}
