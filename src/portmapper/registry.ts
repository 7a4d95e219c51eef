import { SUPERUSER, mayUnset } from "./owner.ts";
import { parseInetPort } from "./address.ts";
import type { OwnerProcess } from "./owner-process.ts";
import { hasControlCharacters } from "./text.ts";

/** One registration, as versions 3 and 4 of the protocol show it (RFC 1833, `rpcb`). */
export interface Registration {
  /** Program number. */
  readonly program: number;
  /** Version number. */
  readonly version: number;
  /** Name of the transport: `tcp`, `udp`, `tcp6`, `udp6`, `local`. */
  readonly netid: string;
  /** Universal address, in the form of the netid. */
  readonly address: string;
  /** Who registered it: `superuser`, `unknown` or a user's number in decimal. */
  readonly owner: string;
  /** The process that registered it, where the kernel told which: `prune` asks whether it lives. No version of the protocol shows it. */
  readonly process?: OwnerProcess | undefined;
}

/** Told of each change of a registry, after it. */
export interface RegistryWatcher {
  added?(registration: Registration): void;
  removed?(registration: Registration): void;
}

/** One registration, as version 2 of the protocol shows it (RFC 1833, `mapping`). */
export interface Mapping {
  readonly program: number;
  readonly version: number;
  /** `IPPROTO_TCP` or `IPPROTO_UDP`. */
  readonly protocol: number;
  /** 0 to 65 535. */
  readonly port: number;
}

/** `IPPROTO_TCP`, which version 2 names a transport by. */
export const IPPROTO_TCP = 6;
/** `IPPROTO_UDP`, which version 2 names a transport by. */
export const IPPROTO_UDP = 17;

/** What bounds a registry: nothing that callers send makes it grow past these. */
export interface RegistryLimits {
  /** Registrations in all. A further SET answers FALSE. */
  readonly maxEntries: number;
  /** Registrations of one owner other than "superuser": so that no user, and not all the "unknown" ones together, take every place. */
  readonly maxEntriesPerOwner: number;
  /** Bytes (UTF-8) of a netid. A SET with a longer one answers FALSE. */
  readonly maxNetidBytes: number;
  /** Bytes (UTF-8) of a universal address. A SET with a longer one answers FALSE. */
  readonly maxAddressBytes: number;
}

/** The default of each bound of {@link RegistryLimits}. */
export const DEFAULT_REGISTRY_LIMITS: RegistryLimits = {
  maxEntries: 16_384,
  maxEntriesPerOwner: 4096,
  maxNetidBytes: 64,
  // The longest that means something is a UNIX socket's path: 108 bytes.
  maxAddressBytes: 255,
};

/** The netid that version 2 means by a protocol number; undefined for any but tcp and udp. */
export function netidOfProtocol(protocol: number): string | undefined {
  if (protocol === IPPROTO_TCP) return "tcp";
  if (protocol === IPPROTO_UDP) return "udp";
  return undefined;
}

/**
 * What is registered: one list, of which versions 2 and 3/4 of the protocol are views. They so never
 * differ, as rpcbind's two lists must be kept from doing.
 */
export class Registry {
  readonly #limits: RegistryLimits;
  /** Insertion order is DUMP's order. */
  readonly #all = new Map<string, Registration>();
  /** By program and netid, each in the order of insertion: the last is what a lookup falls back to. */
  readonly #services = new Map<string, Registration[]>();
  /** By program, each in the order of insertion. */
  readonly #programs = new Map<number, Registration[]>();
  readonly #countByOwner = new Map<string, number>();
  readonly #watchers = new Set<RegistryWatcher>();
  #revision = 0;

  /** @param limits - Bounds that differ from {@link DEFAULT_REGISTRY_LIMITS}. */
  constructor(limits: Partial<RegistryLimits> = {}) {
    this.#limits = { ...DEFAULT_REGISTRY_LIMITS, ...limits };
  }

  /** Number of registrations. */
  get size(): number {
    return this.#all.size;
  }

  /** Grows with each change. */
  get revision(): number {
    return this.#revision;
  }

  /** Tells a watcher of each change from now on, until the function that it returns is called. A watcher does not throw. */
  watch(watcher: RegistryWatcher): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /**
   * SET. An equal registration that exists already is a success; one with another address is a failure,
   * whoever asks: it has to be UNSET first.
   *
   * @returns whether the registration stands.
   */
  set(registration: Registration): boolean {
    const key = keyOf(registration);
    const present = this.#all.get(key);
    if (present !== undefined) return present.address === registration.address;
    if (!this.#fits(registration)) return false;
    this.#all.set(key, registration);
    append(this.#services, serviceOf(registration.program, registration.netid), registration);
    append(this.#programs, registration.program, registration);
    this.#countByOwner.set(registration.owner, this.#countOf(registration.owner) + 1);
    this.#revision++;
    for (const watcher of this.#watchers) watcher.added?.(registration);
    return true;
  }

  /**
   * UNSET of one version of a program, on one transport or, where `netid` is empty, on all. All or nothing:
   * where one of them is not the caller's to remove, none goes.
   *
   * @param caller - The caller's owner name.
   * @returns false where the caller may not; true also where there was nothing to remove, as rpcbind does.
   */
  unset(program: number, version: number, netid: string, caller: string): boolean {
    const leaving =
      netid === "" ? this.onAllTransports(program, version) : [this.#all.get(keyOf({ program, version, netid }))];
    for (const entry of leaving) {
      if (entry !== undefined && !mayUnset(entry.owner, caller)) return false;
    }
    for (const entry of leaving) {
      if (entry !== undefined) this.#remove(entry);
    }
    return true;
  }

  /**
   * The registration of a program on a transport: that of the version asked for, else, as rpcbind does, the
   * latest of another version, whose server can then say which versions it has (PROG_MISMATCH).
   */
  find(program: number, version: number, netid: string): Registration | undefined {
    return this.#all.get(keyOf({ program, version, netid })) ?? this.#services.get(serviceOf(program, netid))?.at(-1);
  }

  /** Removes a registration, whoever owns it. False where it is not there any more, or another has taken its place. */
  remove(registration: Registration): boolean {
    if (this.#all.get(keyOf(registration)) !== registration) return false;
    this.#remove(registration);
    return true;
  }

  /** Lists a registration behind those of other programs from now on, where it is there still. */
  moveLast(registration: Registration): void {
    const key = keyOf(registration);
    if (this.#all.get(key) !== registration) return;
    this.#all.delete(key);
    this.#all.set(key, registration);
    this.#revision++;
  }

  /** The registration of exactly this version of a program on a transport. */
  findExact(program: number, version: number, netid: string): Registration | undefined {
    return this.#all.get(keyOf({ program, version, netid }));
  }

  /** Those of one version of a program, on all transports, in the order of registration. */
  onAllTransports(program: number, version: number): Registration[] {
    return this.#programs.get(program)?.filter((entry) => entry.version === version) ?? [];
  }

  /** The lowest and the highest version of a program on a transport; undefined where it has none. */
  versionsOf(program: number, netid: string): { readonly low: number; readonly high: number } | undefined {
    const entries = this.#services.get(serviceOf(program, netid));
    if (entries === undefined) return undefined;
    let [low, high] = [Infinity, 0];
    for (const { version } of entries) {
      low = Math.min(low, version);
      high = Math.max(high, version);
    }
    return { low, high };
  }

  /** DUMP of versions 3 and 4, in the order of registration. */
  registrations(): Registration[] {
    return [...this.#all.values()];
  }

  /** DUMP of version 2: those on tcp and udp over IPv4 whose address has a port. */
  mappings(): Mapping[] {
    const mappings: Mapping[] = [];
    for (const registration of this.#all.values()) {
      const mapping = mappingOf(registration);
      if (mapping !== undefined) mappings.push(mapping);
    }
    return mappings;
  }

  /** GETPORT: {@link find} in version 2's view; undefined where it has none. */
  findMapping(program: number, version: number, protocol: number): Mapping | undefined {
    const netid = netidOfProtocol(protocol);
    if (netid === undefined) return undefined;
    const exact = this.#all.get(keyOf({ program, version, netid }));
    const mapping = exact && mappingOf(exact);
    if (mapping !== undefined) return mapping;
    // Not find(): the latest registration may be one that version 2 can't express.
    const others = this.#services.get(serviceOf(program, netid)) ?? [];
    for (let at = others.length - 1; at >= 0; at--) {
      const entry = others[at];
      const other = entry && mappingOf(entry);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  #fits(registration: Registration): boolean {
    return (
      this.#all.size < this.#limits.maxEntries &&
      (registration.owner === SUPERUSER || this.#countOf(registration.owner) < this.#limits.maxEntriesPerOwner) &&
      Buffer.byteLength(registration.netid) <= this.#limits.maxNetidBytes &&
      Buffer.byteLength(registration.address) <= this.#limits.maxAddressBytes &&
      // Others print them, and C reads no further than a NUL.
      !hasControlCharacters(registration.netid) &&
      !hasControlCharacters(registration.address)
    );
  }

  #countOf(owner: string): number {
    return this.#countByOwner.get(owner) ?? 0;
  }

  #remove(entry: Registration): void {
    this.#all.delete(keyOf(entry));
    without(this.#services, serviceOf(entry.program, entry.netid), entry);
    without(this.#programs, entry.program, entry);
    const left = this.#countOf(entry.owner) - 1;
    if (left === 0) this.#countByOwner.delete(entry.owner);
    else this.#countByOwner.set(entry.owner, left);
    this.#revision++;
    for (const watcher of this.#watchers) watcher.removed?.(entry);
  }
}

function append<K>(lists: Map<K, Registration[]>, key: K, entry: Registration): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else list.push(entry);
}

function without<K>(lists: Map<K, Registration[]>, key: K, entry: Registration): void {
  const list = lists.get(key);
  const at = list?.indexOf(entry) ?? -1;
  if (list === undefined || at < 0) return;
  if (list.length === 1) lists.delete(key);
  else list.splice(at, 1);
}

function mappingOf({ program, version, netid, address }: Registration): Mapping | undefined {
  const protocol = netid === "tcp" ? IPPROTO_TCP : netid === "udp" ? IPPROTO_UDP : undefined;
  const port = parseInetPort(address);
  if (protocol === undefined || port === undefined) return undefined;
  return { program, version, protocol, port };
}

// Numbers come first, so that no netid can imitate another's key. rpcbind compares netids without regard to case.
function keyOf(of: { program: number; version: number; netid: string }): string {
  return `${of.program} ${of.version} ${of.netid.toLowerCase()}`;
}

function serviceOf(program: number, netid: string): string {
  return `${program} ${netid.toLowerCase()}`;
}
