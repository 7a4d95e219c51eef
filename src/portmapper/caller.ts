import type { RpcContext } from "../runtime/context.ts";
import { ownerOf } from "./owner.ts";

/** The owner name of who calls SET or UNSET. Rejects the call, as rpcbind does, where it comes from another host. */
export function ownerOfCaller(ctx: RpcContext): string {
  const local = ctx.transport === "local";
  const owner = ownerOf({
    local,
    uid: local ? ctx.caller.proven?.uid : undefined,
    address: local ? undefined : ctx.peer.host,
    port: local ? undefined : ctx.peer.port,
  });
  return owner ?? ctx.reject("AUTH_TOOWEAK");
}
