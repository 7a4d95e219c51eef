/** What GETSTAT tells (RFC 1833 section 2.2.1): counts by version, in rpcbind's layout and order. */
import {
  RPCBSTAT_HIGHPROC,
  type RpcbStat,
  type RpcbStatByvers,
  type RpcbsAddrlist,
  type RpcbsRmtcalllist,
} from "../runtime/rpcbind/gen/rpcb_prot.ts";
import { MAX_STATISTICS_LINES } from "./limits.ts";

/** The versions that are counted: the order of `rpcb_stat_byvers`. */
const VERSIONS = [2, 3, 4] as const;

/** The largest count that an `int` holds: it stays there. */
const MAX_COUNT = 0x7fff_ffff;

interface Lookups {
  readonly program: number;
  readonly version: number;
  readonly netid: string;
  success: number;
  failure: number;
}

interface IndirectCalls extends Lookups {
  readonly procedure: number;
  /** How many came by INDIRECT, and the first. */
  indirect: number;
}

class VersionStatistics {
  readonly procedures: number[] = new Array<number>(RPCBSTAT_HIGHPROC).fill(0);
  sets = 0;
  unsets = 0;
  /** All lookups, those that have no line among them. */
  found = 0;
  missed = 0;
  readonly lookups = new Map<string, Lookups>();
  readonly indirect = new Map<string, IndirectCalls>();
}

/** Counts of a portmapper, from its beginning. */
export class Statistics {
  readonly #versions: readonly VersionStatistics[] = VERSIONS.map(() => new VersionStatistics());

  /** A call of a procedure, whatever becomes of it. */
  call(version: number, procedure: number): void {
    const { procedures } = this.#of(version);
    procedures[procedure] = plusOne(procedures[procedure] ?? 0);
  }

  /** A SET that was granted. */
  set(version: number): void {
    const of = this.#of(version);
    of.sets = plusOne(of.sets);
  }

  /** An UNSET that was granted. */
  unset(version: number): void {
    const of = this.#of(version);
    of.unsets = plusOne(of.unsets);
  }

  /** A GETPORT, GETADDR, GETVERSADDR or GETADDRLIST for a service. */
  lookup(version: number, service: ServiceOnTransport, isFound: boolean): void {
    const { program, version: serviceVersion, netid } = service;
    const of = this.#of(version);
    if (isFound) of.found++;
    else of.missed++;
    const line = lineOf(of.lookups, `${program} ${serviceVersion} ${netid}`, () => ({
      ...service,
      success: 0,
      failure: 0,
    }));
    if (line !== undefined) count(line, isFound);
  }

  /** How many lookups of a version had an answer, and how many had none. */
  lookupTotals(version: number): { readonly found: number; readonly missed: number } {
    const { found, missed } = this.#of(version);
    return { found, missed };
  }

  /** A CALLIT, BCAST or INDIRECT for a procedure of a service. */
  indirectCall(
    version: number,
    call: ServiceOnTransport & { readonly procedure: number },
    { isFound, isIndirect }: { readonly isFound: boolean; readonly isIndirect: boolean },
  ): void {
    const key = `${call.program} ${call.version} ${call.procedure} ${call.netid}`;
    const { indirect } = this.#of(version);
    // As rpcbind counts: the first call of a line is one that came by INDIRECT, whatever it came by.
    const isFirst = !indirect.has(key);
    const line = lineOf(indirect, key, () => ({ ...call, success: 0, failure: 0, indirect: 0 }));
    if (line === undefined) return;
    count(line, isFound);
    if (isIndirect || isFirst) line.indirect = plusOne(line.indirect);
  }

  /** The counts as GETSTAT answers them: the latest line of each list comes first. */
  snapshot(): RpcbStatByvers {
    return this.#versions.map(statOf);
  }

  #of(version: number): VersionStatistics {
    const found = this.#versions[version - VERSIONS[0]];
    if (found === undefined) throw new RangeError(`there is no version ${version} of the portmapper`);
    return found;
  }
}

/** A service as it is asked for, over a transport. */
export interface ServiceOnTransport {
  readonly program: number;
  readonly version: number;
  readonly netid: string;
}

function statOf({ procedures, sets, unsets, lookups, indirect }: VersionStatistics): RpcbStat {
  let addrinfo: RpcbsAddrlist | null = null;
  for (const { program: prog, version: vers, success, failure, netid } of lookups.values()) {
    addrinfo = { prog, vers, success, failure, netid, next: addrinfo };
  }
  let rmtinfo: RpcbsRmtcalllist | null = null;
  for (const { program: prog, version: vers, procedure: proc, netid, ...counts } of indirect.values()) {
    const { success, failure, indirect: asked } = counts;
    rmtinfo = { prog, vers, proc, success, failure, indirect: asked, netid, next: rmtinfo };
  }
  return { info: [...procedures], setinfo: sets, unsetinfo: unsets, addrinfo, rmtinfo };
}

function lineOf<T>(lines: Map<string, T>, key: string, make: () => T): T | undefined {
  const found = lines.get(key);
  if (found !== undefined || lines.size >= MAX_STATISTICS_LINES) return found;
  const made = make();
  lines.set(key, made);
  return made;
}

function count(line: Lookups, isFound: boolean): void {
  if (isFound) line.success = plusOne(line.success);
  else line.failure = plusOne(line.failure);
}

function plusOne(value: number): number {
  return Math.min(value + 1, MAX_COUNT);
}
