import type { Netid, RpcAddress } from "./address.ts";
import type { Caller } from "./auth.ts";
import type { RpcConnection } from "./connection.ts";
import type { Rejection, RpcContext } from "./context.ts";
import type { AuthsysParms } from "./gen/rpc_msg.ts";
import type { RpcProcedureId } from "./procedure.ts";
import type { PeerCredentials } from "./transport/native.ts";
import type { Transport } from "./transport/transport.ts";

/** The context of one call. */
export class CallContext implements RpcContext {
  readonly xid: number;
  readonly procedure: RpcProcedureId;
  readonly peer: RpcAddress;
  readonly connection: RpcConnection;
  readonly caller: Caller;
  #rejected: { readonly thrown: Error; readonly rejection: Rejection } | undefined;

  constructor(
    xid: number,
    procedure: RpcProcedureId,
    peer: RpcAddress,
    connection: RpcConnection,
    caller: { flavor: number; claimed: AuthsysParms | undefined; transport: Transport },
  ) {
    this.xid = xid;
    this.procedure = procedure;
    this.peer = peer;
    this.connection = connection;
    const { flavor, claimed, transport } = caller;
    this.caller = {
      flavor,
      claimed,
      // The kernel is asked only by who wants to know.
      get proven(): PeerCredentials | undefined {
        return transport.credentials();
      },
    };
  }

  get transport(): Netid {
    return this.connection.transport;
  }

  get local(): RpcAddress {
    return this.connection.local;
  }

  reject(rejection: Rejection): never {
    const name = typeof rejection === "string" ? rejection : rejection.code;
    const thrown = new Error(`the call was rejected: ${name}`);
    this.#rejected = { thrown, rejection };
    throw thrown;
  }

  /** What `reject` was called with, where it threw this error. By identity: a nested call may throw anything else. */
  rejectionOf(error: unknown): Rejection | undefined {
    return this.#rejected?.thrown === error ? this.#rejected?.rejection : undefined;
  }
}
