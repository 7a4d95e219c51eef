import { isLoopback } from "./address.ts";

/** Owner of what root registers, or a caller whose port only root can bind. */
export const SUPERUSER = "superuser";

/** Owner of what a caller registers of whom nothing is known but that it is on this host. */
export const UNKNOWN = "unknown";

/** Ports below this one can be bound by root alone (`IPPORT_RESERVED`). */
const RESERVED_PORTS = 1024;

/** What the portmapper needs to know of a caller to say who it is. */
export interface CallerIdentity {
  /** Whether it came over the local socket. */
  readonly local: boolean;
  /** The user's number as the kernel proves it (`SO_PEERCRED`), where it could be asked. */
  readonly uid: number | undefined;
  /** Address that it called from, for the Internet's transports. */
  readonly address: string | undefined;
  /** Port that it called from, for the Internet's transports. */
  readonly port: number | undefined;
}

/**
 * Whom a caller's registrations belong to; undefined where it is not on this host, and so may neither SET nor
 * UNSET. The credential in the call (AUTH_SYS) has no say: anyone can write any number into it.
 */
export function ownerOf(caller: CallerIdentity): string | undefined {
  if (caller.local) {
    if (caller.uid === undefined) return UNKNOWN;
    return caller.uid === 0 ? SUPERUSER : String(caller.uid);
  }
  if (caller.address === undefined || !isLoopback(caller.address)) return undefined;
  return caller.port !== undefined && caller.port < RESERVED_PORTS ? SUPERUSER : UNKNOWN;
}

/**
 * Whether a caller may UNSET a registration: its owner may, root may, and any caller on this host may where
 * the owner is unknown.
 */
export function mayUnset(owner: string, caller: string): boolean {
  return caller === SUPERUSER || owner === UNKNOWN || owner === caller;
}
