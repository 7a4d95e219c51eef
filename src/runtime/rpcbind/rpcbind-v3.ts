import { decode, encode } from "../../xdr/index.ts";
import type { CallOptions } from "../connection-options.ts";
import type { RpcProcedure } from "../procedure.ts";
import { type Rpcb, type RpcbRmtcallargs, type RpcbRmtcallres, RpcbprogV3, RpcbprogV4 } from "./gen/rpcb_prot.ts";
import type { PortmapperCalls } from "./rpcbind-ask.ts";
import { fromEntryList, fromRpcblist, fromStats } from "./rpcbind-lists.ts";
import type {
  RpcbindEntry,
  RpcbindQuestion,
  RpcbindRegistration,
  RpcbindStats,
  RpcbindWay,
  ServiceId,
  TransportAddress,
} from "./rpcbind-types.ts";

/** What a call by way of a portmapper answers. */
export interface RemoteResult<R> {
  /** The service's universal address. */
  readonly uaddr: string;
  readonly result: R;
}

/** What versions 3 and 4 have in common: procedures 0 to 4 and 6 to 8. */
type CommonProcedures = Omit<typeof RpcbprogV3, "rpcbprocCallit">;

/** The procedures that versions 3 and 4 of the portmapper have in common (RFC 1833 section 2). */
class RpcbindCommon {
  protected readonly calls: PortmapperCalls;
  readonly #procedures: CommonProcedures;

  constructor(calls: PortmapperCalls, procedures: CommonProcedures) {
    this.calls = calls;
    this.#procedures = procedures;
  }

  /** Does nothing: an answer means that a portmapper of this version is there. */
  null(options?: CallOptions): Promise<void> {
    return this.calls.ask(this.#procedures.rpcbprocNull, undefined, options);
  }

  /** Registers an address; false where another is registered for that service and transport, or it is refused. */
  set({ program, version, netid, uaddr, owner = "" }: RpcbindRegistration, options?: CallOptions): Promise<boolean> {
    const rpcb = { rProg: program, rVers: version, rNetid: netid, rAddr: uaddr, rOwner: owner };
    return this.calls.ask(this.#procedures.rpcbprocSet, rpcb, options);
  }

  /**
   * Removes what is registered for a service on a transport; false where that is refused.
   * @param netid empty: on all transports
   */
  unset({ program, version }: ServiceId, netid = "", options?: CallOptions): Promise<boolean> {
    const rpcb = { rProg: program, rVers: version, rNetid: netid, rAddr: "", rOwner: "" };
    return this.calls.ask(this.#procedures.rpcbprocUnset, rpcb, options);
  }

  /**
   * The universal address of a service on the transport that the portmapper is asked over; undefined where the program is not
   * registered. Another version's is answered where there is none of that version.
   */
  async getaddr(question: RpcbindQuestion, options?: CallOptions): Promise<string | undefined> {
    return orUndefined(await this.calls.ask(this.#procedures.rpcbprocGetaddr, this.rpcb(question), options));
  }

  /** All entries. */
  async dump(options?: CallOptions): Promise<RpcbindEntry[]> {
    return fromRpcblist(await this.calls.ask(this.#procedures.rpcbprocDump, undefined, options));
  }

  /** The time on the portmapper's host, in seconds since 1970. */
  gettime(options?: CallOptions): Promise<number> {
    return this.calls.ask(this.#procedures.rpcbprocGettime, undefined, options);
  }

  /** A universal address as the transport that is asked over has it; no bytes where it is no address of it. */
  async uaddr2taddr(uaddr: string, options?: CallOptions): Promise<TransportAddress> {
    const { maxlen, buf } = await this.calls.ask(this.#procedures.rpcbprocUaddr2taddr, uaddr, options);
    return { maxBytes: maxlen, bytes: buf };
  }

  /** The universal address of an address as the transport that is asked over has it; undefined where it is none. */
  async taddr2uaddr({ maxBytes, bytes }: TransportAddress, options?: CallOptions): Promise<string | undefined> {
    const netbuf = { maxlen: maxBytes, buf: bytes };
    return orUndefined(await this.calls.ask(this.#procedures.rpcbprocTaddr2uaddr, netbuf, options));
  }

  /** A question, with what it leaves out as the connection has it. */
  protected rpcb({ program, version, netid, uaddr }: RpcbindQuestion): Rpcb {
    const { transport, peer } = this.calls.connection;
    const rAddr = uaddr ?? peer?.uaddr ?? "";
    return { rProg: program, rVers: version, rNetid: netid ?? transport, rAddr, rOwner: "" };
  }

  protected async handOn<A, R>(
    by: RpcProcedure<RpcbRmtcallargs, RpcbRmtcallres>,
    procedure: RpcProcedure<A, R>,
    args: A,
    options?: CallOptions,
  ): Promise<RemoteResult<R>> {
    const { program: prog, version: vers, number: proc } = procedure;
    const call = { prog, vers, proc, args: encode(procedure.args, args) };
    const { addr, results } = await this.calls.handOn(by, call, options);
    return { uaddr: addr, result: decode(procedure.result, results) };
  }
}

/** The procedures of version 3 of the portmapper. */
export class RpcbindV3 extends RpcbindCommon {
  /** From `RpcbindClient`. */
  constructor(calls: PortmapperCalls) {
    super(calls, RpcbprogV3);
  }

  /**
   * Calls a procedure of a service on the portmapper's host, which hands the call on. A portmapper that does not (rpcbind without
   * `-r`, or over a stream), or whose service answers with an error, is silent: `RPC_TIMEDOUT`. Throws an `XdrError` for arguments
   * that can't be encoded and a result that can't be decoded.
   */
  callit<A, R>(procedure: RpcProcedure<A, R>, args: A, options?: CallOptions): Promise<RemoteResult<R>> {
    return this.handOn(RpcbprogV3.rpcbprocCallit, procedure, args, options);
  }
}

/** The procedures of version 4 of the portmapper. */
export class RpcbindV4 extends RpcbindCommon {
  /** From `RpcbindClient`. */
  constructor(calls: PortmapperCalls) {
    super(calls, RpcbprogV4);
  }

  /** CALLIT of version 3 by its name in version 4: a portmapper that fails is silent. */
  bcast<A, R>(procedure: RpcProcedure<A, R>, args: A, options?: CallOptions): Promise<RemoteResult<R>> {
    return this.handOn(RpcbprogV4.rpcbprocBcast, procedure, args, options);
  }

  /** As `bcast`, but a portmapper that fails says so: the call rejects with the code of the service's error, such as `RPC_PROGUNAVAIL`. */
  indirect<A, R>(procedure: RpcProcedure<A, R>, args: A, options?: CallOptions): Promise<RemoteResult<R>> {
    return this.handOn(RpcbprogV4.rpcbprocIndirect, procedure, args, options);
  }

  /** As `getaddr`, but undefined where that very version is not registered. */
  async getversaddr(question: RpcbindQuestion, options?: CallOptions): Promise<string | undefined> {
    return orUndefined(await this.calls.ask(RpcbprogV4.rpcbprocGetversaddr, this.rpcb(question), options));
  }

  /** The ways to reach a service over all transports of the family that the portmapper is asked over. */
  async getaddrlist(question: RpcbindQuestion, options?: CallOptions): Promise<RpcbindWay[]> {
    return fromEntryList(await this.calls.ask(RpcbprogV4.rpcbprocGetaddrlist, this.rpcb(question), options));
  }

  /** What the portmapper counted since it started. */
  async getstat(options?: CallOptions): Promise<RpcbindStats> {
    return fromStats(await this.calls.ask(RpcbprogV4.rpcbprocGetstat, undefined, options));
  }
}

function orUndefined(uaddr: string): string | undefined {
  return uaddr === "" ? undefined : uaddr;
}
