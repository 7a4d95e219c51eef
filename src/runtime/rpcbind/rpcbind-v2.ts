import { decode, encode } from "../../xdr/index.ts";
import type { CallOptions } from "../connection-options.ts";
import type { RpcProcedure } from "../procedure.ts";
import { PmapProgV2 } from "./gen/pmap_prot.ts";
import type { PortmapperCalls } from "./rpcbind-ask.ts";
import { fromPmaplist } from "./rpcbind-lists.ts";
import type { PortmapEntry, ServiceId } from "./rpcbind-types.ts";

/** The procedures of version 2 of the portmapper (RFC 1833 section 3), which knows tcp and udp over IPv4 alone. */
export class RpcbindV2 {
  readonly #calls: PortmapperCalls;

  /** From `RpcbindClient`. */
  constructor(calls: PortmapperCalls) {
    this.#calls = calls;
  }

  /** Does nothing: an answer means that a portmapper of this version is there. */
  null(options?: CallOptions): Promise<void> {
    return this.#calls.ask(PmapProgV2.pmapprocNull, undefined, options);
  }

  /** Registers a port of this host; false where another is registered for that service and protocol, or it is refused. */
  set({ program, version, protocol, port }: PortmapEntry, options?: CallOptions): Promise<boolean> {
    return this.#calls.ask(PmapProgV2.pmapprocSet, { prog: program, vers: version, prot: protocol, port }, options);
  }

  /**
   * Removes what is registered for a service on tcp and udp alike; false where that is refused.
   * @param protocol is of no account (RFC 1833 section 3.2)
   */
  unset({ program, version }: ServiceId, protocol = 0, options?: CallOptions): Promise<boolean> {
    const pmap = { prog: program, vers: version, prot: protocol, port: 0 };
    return this.#calls.ask(PmapProgV2.pmapprocUnset, pmap, options);
  }

  /**
   * The port of a service; undefined where the program is not registered. Another version's is answered where there is none of
   * that version.
   * @param protocol 6 (tcp) or 17 (udp)
   */
  async getport({ program, version }: ServiceId, protocol: number, options?: CallOptions): Promise<number | undefined> {
    const question = { prog: program, vers: version, prot: protocol, port: 0 };
    const port = await this.#calls.ask(PmapProgV2.pmapprocGetport, question, options);
    return port === 0 ? undefined : port;
  }

  /** All entries of tcp and udp. */
  async dump(options?: CallOptions): Promise<PortmapEntry[]> {
    return fromPmaplist(await this.#calls.ask(PmapProgV2.pmapprocDump, undefined, options));
  }

  /**
   * Calls a procedure of a service on the portmapper's host, which hands the call on. A portmapper that does not (rpcbind without
   * `-r`, or over a stream), or whose service answers with an error, is silent: `RPC_TIMEDOUT`. Throws an `XdrError` for arguments
   * that can't be encoded and a result that can't be decoded.
   */
  async callit<A, R>(
    procedure: RpcProcedure<A, R>,
    args: A,
    options?: CallOptions,
  ): Promise<{ readonly port: number; readonly result: R }> {
    const { program: prog, version: vers, number: proc } = procedure;
    const call = { prog, vers, proc, args: encode(procedure.args, args) };
    const { port, res } = await this.#calls.handOn(PmapProgV2.pmapprocCallit, call, options);
    return { port, result: decode(procedure.result, res) };
  }
}
