/** What a broadcast sends and gets back: the call itself, or CALLIT of a portmapper around it. */
import { XdrReader, type XdrReaderOptions, XdrWriter, encode } from "../xdr/index.ts";
import { RpcAddress } from "./address.ts";
import type { AuthChannel, ClientAuth } from "./auth/flavor.ts";
import { marshalAuth } from "./auth/marshal.ts";
import { RpcError, reason } from "./error.ts";
import { writeHeader } from "./call-message.ts";
import type { RpcProcedure, RpcProcedureId } from "./procedure.ts";
import { PmapProgV2 } from "./rpcbind/gen/pmap_prot.ts";
import { RpcbprogV3 } from "./rpcbind/gen/rpcb_prot.ts";

/** The transport of a broadcast, by its family. */
export type DatagramNetid = "udp" | "udp6";

/** The result of a reply, still encoded, and the server that it is from. */
export interface EncodedResult {
  readonly from: RpcAddress;
  readonly body: XdrReader;
}

/** A way to carry a call to servers that nobody has looked up. */
export interface BroadcastCall {
  /** What the message's header calls. */
  readonly procedure: RpcProcedureId;
  writeArgs(w: XdrWriter): void;
  /** Finds the result behind a reply's header. Undefined where it names no address; throws an `XdrError` where it is malformed. */
  open(r: XdrReader, from: RpcAddress): EncodedResult | undefined;
}

/** The call as it is, to servers that all listen at one port. */
export function directCall<A>(procedure: RpcProcedure<A, unknown>, args: A): BroadcastCall {
  return {
    procedure,
    writeArgs: (w) => {
      procedure.args.encode(w, args);
    },
    open: (body, from) => ({ from, body }),
  };
}

/**
 * The call in a CALLIT, which portmappers hand on to their host's service: over IPv4 that of version 2, which all have; over
 * IPv6 that of version 3. The service is at the host that answers, at the port that its portmapper says.
 */
export function callitCall<A>(
  netid: DatagramNetid,
  procedure: RpcProcedure<A, unknown>,
  args: A,
  reading: XdrReaderOptions,
): BroadcastCall {
  const { program: prog, version: vers, number: proc } = procedure;
  const opaque = encode(procedure.args, args);
  const at = (port: number, from: RpcAddress, results: Uint8Array): EncodedResult | undefined =>
    port > 0 && port <= 0xffff
      ? { from: RpcAddress.inet(netid, from.host, port), body: new XdrReader(results, reading) }
      : undefined;
  if (netid === "udp") {
    const callit = PmapProgV2.pmapprocCallit;
    return {
      procedure: callit,
      writeArgs: (w) => {
        callit.args.encode(w, { prog, vers, proc, args: opaque });
      },
      open: (r, from) => {
        const { port, res } = callit.result.decode(r);
        return at(port, from, res);
      },
    };
  }
  const callit = RpcbprogV3.rpcbprocCallit;
  return {
    procedure: callit,
    writeArgs: (w) => {
      callit.args.encode(w, { prog, vers, proc, args: opaque });
    },
    open: (r, from) => {
      const { addr, results } = callit.result.decode(r);
      // The host is the sender's: a link-local address in the text has lost its interface, and a wildcard is none.
      return at(RpcAddress.parse(netid, addr)?.port ?? 0, from, results);
    },
  };
}

/** Nothing can be asked of all servers at once. */
const NO_CHANNEL: AuthChannel = {
  call: () => Promise.reject(new Error("a broadcast has no connection to make calls on")),
};

/** The whole message. Throws `RPC_CANTENCODEARGS`. */
export function encodeBroadcast(
  xid: number,
  procedure: RpcProcedureId,
  auth: ClientAuth,
  maxBytes: number,
  call: () => BroadcastCall,
): { readonly message: Uint8Array; readonly call: BroadcastCall } {
  try {
    const made = call();
    const w = new XdrWriter({ maxBytes });
    writeHeader(w, xid, made.procedure);
    marshalAuth(w, auth, { xid, procedure: made.procedure, channel: NO_CHANNEL, authState: undefined });
    made.writeArgs(w);
    return { message: w.bytes().slice(), call: made };
  } catch (cause) {
    throw new RpcError("RPC_CANTENCODEARGS", `the call can't be encoded: ${reason(cause)}`, { procedure, cause });
  }
}
