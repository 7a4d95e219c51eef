/** Indirect calls (CALLIT, BCAST, INDIRECT): calls that the portmapper makes on behalf of others, and what bounds them. */
import { type RpcAddress, RpcAddress as Address } from "../runtime/address.ts";
import { authNone } from "../runtime/auth/none.ts";
import { authSys } from "../runtime/auth/sys.ts";
import type { RpcContext } from "../runtime/context.ts";
import { RpcError } from "../runtime/error.ts";
import { openConnection } from "../runtime/open-connection.ts";
import type { XdrCodec } from "../xdr/index.ts";
import { DEFAULT_INDIRECT_IN_FLIGHT, DEFAULT_INDIRECT_PER_SECOND, DEFAULT_INDIRECT_TIMEOUT_MS } from "./limits.ts";

/** Options of indirect calls. */
export interface IndirectOptions {
  /**
   * Programs that none is made to, whatever the procedure. The portmapper itself is always one. Default
   * {@link DEFAULT_INDIRECT_DENY}: they trust who calls from this host, and would take others' calls for its own.
   */
  readonly deny?: readonly number[];
  /** Calls a second, of all callers together; more are not answered. Default 100. As many may come at once. */
  readonly maxPerSecond?: number;
  /** Calls at a time; more are not answered. Default 64, rpcbind's. */
  readonly maxInFlight?: number;
  /** Milliseconds that a service has for its answer; what comes later is lost. Default 10 000. */
  readonly timeoutMs?: number;
}

/** The default of `deny`: NFS (with its ACLs), mount, quota, and NIS: ypserv, ypbind, yppasswdd, ypupdated, ypxfrd (both numbers), NIS+ and its passwords. */
export const DEFAULT_INDIRECT_DENY: readonly number[] = [
  100_003, 100_227, 100_005, 100_011, 100_004, 100_007, 100_009, 100_028, 100_069, 600_100_069, 100_300, 100_303,
];

const DEFAULTS: Required<IndirectOptions> = {
  deny: DEFAULT_INDIRECT_DENY,
  maxPerSecond: DEFAULT_INDIRECT_PER_SECOND,
  maxInFlight: DEFAULT_INDIRECT_IN_FLIGHT,
  timeoutMs: DEFAULT_INDIRECT_TIMEOUT_MS,
};

/** The flavors that are passed on, as rpcbind does. */
const AUTH_NONE = 0;
const AUTH_SYS = 1;

/** A call to be made. */
export interface IndirectCall {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly args: Uint8Array;
}

/**
 * What becomes of a call: its results; `error`, where the service answers something else; `silence`, where it does not answer, or the
 * same call is on its way; `limited`, where it is one too many.
 */
export type IndirectOutcome = Uint8Array | "error" | "silence" | "limited";

/** Makes indirect calls, where that is switched on. */
export class IndirectCalls {
  readonly enabled: boolean;
  readonly #options: Required<IndirectOptions>;
  readonly #denied: ReadonlySet<number>;
  /** By caller and xid. */
  readonly #inFlight = new Set<string>();
  #tokens: number;
  #filledAt = performance.now();

  /** @param options - Undefined: switched off. Throws a `RangeError` for a bound that is none. */
  constructor(options: IndirectOptions | undefined) {
    this.enabled = options !== undefined;
    this.#options = { ...DEFAULTS, ...options };
    for (const name of ["maxPerSecond", "maxInFlight", "timeoutMs"] as const) {
      const value = this.#options[name];
      if (!(value > 0)) throw new RangeError(`indirect.${name} is ${String(value)}, not a number above 0`);
    }
    this.#denied = new Set(this.#options.deny);
    this.#tokens = this.#options.maxPerSecond;
  }

  /** Whether no call is made to a program. */
  denies(program: number): boolean {
    return this.#denied.has(program);
  }

  /** Whether the credential of a call can be passed on. */
  takes({ caller }: RpcContext): boolean {
    return caller.flavor === AUTH_NONE || (caller.flavor === AUTH_SYS && caller.claimed !== undefined);
  }

  /** Makes a call to a service of this host, with the credential of who asked for it, once. */
  async forward(ctx: RpcContext, to: RpcAddress, call: IndirectCall): Promise<IndirectOutcome> {
    const key = `${String(ctx.peer)} ${ctx.xid} ${ctx.procedure.version} ${ctx.procedure.number}`;
    // Its caller asks again since the service is slow.
    if (this.#inFlight.has(key)) return "silence";
    if (this.#inFlight.size >= this.#options.maxInFlight || !this.#takeToken()) return "limited";
    this.#inFlight.add(key);
    try {
      return await this.#call(ctx, to, call);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return REPLIED.has(error.code) ? "error" : "silence";
    } finally {
      this.#inFlight.delete(key);
    }
  }

  async #call({ caller, signal }: RpcContext, to: RpcAddress, call: IndirectCall): Promise<Uint8Array> {
    const { program, version, procedure: number, args } = call;
    const { timeoutMs } = this.#options;
    // A socket of its own, that the kernel lets none but the service answer.
    await using connection = await openConnection(to, { timeoutMs, signal });
    const { flavor, claimed } = caller;
    const auth = flavor === AUTH_SYS && claimed !== undefined ? authSys(claimed) : authNone;
    const procedure = { program, programName: "", version, number, name: "", args: RAW, result: RAW };
    return await connection.call(procedure, args, { auth, timeoutMs, tryTimeoutMs: timeoutMs, signal });
  }

  #takeToken(): boolean {
    const { maxPerSecond } = this.#options;
    const now = performance.now();
    this.#tokens = Math.min(maxPerSecond, this.#tokens + ((now - this.#filledAt) / 1000) * maxPerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** The address of a service on this host, as the portmapper itself reaches it; undefined where it is none of this host's. */
export function addressFromHere(
  netid: "udp" | "udp6",
  registered: { readonly host: string; readonly port: number },
  ownHosts: ReadonlySet<string>,
): RpcAddress | undefined {
  const { host, port } = registered;
  if (host === "0.0.0.0" || host === "::") return Address.inet(netid, netid === "udp" ? "127.0.0.1" : "::1", port);
  return ownHosts.has(host) ? Address.inet(netid, host, port) : undefined;
}

/** The codes that a reply becomes: with any other there was none. */
const REPLIED: ReadonlySet<string> = new Set([
  "RPC_AUTHERROR",
  "RPC_CANTDECODEARGS",
  "RPC_CANTDECODERES",
  "RPC_PROCUNAVAIL",
  "RPC_PROGUNAVAIL",
  "RPC_PROGVERSMISMATCH",
  "RPC_SYSTEMERROR",
  "RPC_VERSMISMATCH",
]);

/** Arguments or results as they are. */
const RAW: XdrCodec<Uint8Array> = {
  encode: (w, bytes) => {
    w.opaqueFixed(bytes, bytes.length);
  },
  decode: (r) => r.opaqueFixed(r.remaining),
};
