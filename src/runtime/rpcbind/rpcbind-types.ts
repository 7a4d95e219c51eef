/** What the portmapper's procedures take and return, in the words of this runtime. */

/** The service that is asked for. */
export interface ServiceId {
  readonly program: number;
  readonly version: number;
}

/** One entry of a portmapper, as versions 3 and 4 show it. */
export interface RpcbindEntry extends ServiceId {
  /** The transport: `tcp`, `udp`, `tcp6`, `udp6`, `local`, or whatever was registered. */
  readonly netid: string;
  /** Universal address. */
  readonly uaddr: string;
  /** Empty where the portmapper speaks version 2 alone. */
  readonly owner: string;
}

/** One entry of a portmapper, as version 2 shows it. */
export interface PortmapEntry extends ServiceId {
  /** 6 (tcp) or 17 (udp), or whatever was registered. */
  readonly protocol: number;
  readonly port: number;
}

/** What SET of versions 3 and 4 registers. */
export interface RpcbindRegistration extends ServiceId {
  readonly netid: string;
  /** Universal address. */
  readonly uaddr: string;
  /** Default empty. rpcbind puts the name of who it finds the caller to be in its place. */
  readonly owner?: string;
}

/** What the procedures that look up an address ask for. */
export interface RpcbindQuestion extends ServiceId {
  /** Default: the transport of the connection. rpcbind answers for that one whatever is asked. */
  readonly netid?: string;
  /** The address by which the caller knows the portmapper's host. Default: the one that the connection goes to. */
  readonly uaddr?: string;
}

/** A transport's own form of an address: `struct sockaddr` with its numbers as that host has them. */
export interface TransportAddress {
  /** Bytes that the buffer of the host had room for. */
  readonly maxBytes: number;
  readonly bytes: Uint8Array;
}

/** One way to reach a service: what GETADDRLIST answers. */
export interface RpcbindWay {
  /** Universal address, on an interface that the caller can reach. */
  readonly uaddr: string;
  readonly netid: string;
  /** `clts` (datagrams), `cots`, `cots_ord` (streams) or `raw`; another number in decimal. */
  readonly semantics: string;
  /** `inet`, `inet6` or `loopback`. */
  readonly family: string;
  /** `tcp` or `udp`; `-` where the family has one alone. */
  readonly protocol: string;
}

/** How often a service's address was asked for. */
export interface LookupCount extends ServiceId {
  readonly netid: string;
  readonly success: number;
  readonly failure: number;
}

/** How often a procedure was called by way of the portmapper. */
export interface RemoteCallCount extends LookupCount {
  readonly procedure: number;
  /** Of these calls, those by INDIRECT. rpcbind counts those by CALLIT and BCAST too. */
  readonly indirect: number;
}

/** What a portmapper counted of one version of its protocol, since it started. */
export interface RpcbindVersionStats {
  /** Calls of each procedure, by its number: 13 counts, also of versions with fewer procedures. */
  readonly calls: readonly number[];
  /** Calls of SET that registered something. */
  readonly setSuccesses: number;
  /** Calls of UNSET that were granted. */
  readonly unsetSuccesses: number;
  /** GETPORT, GETADDR, GETVERSADDR. */
  readonly lookups: readonly LookupCount[];
  /** CALLIT, BCAST, INDIRECT. */
  readonly remoteCalls: readonly RemoteCallCount[];
}

/** What GETSTAT answers. */
export interface RpcbindStats {
  readonly v2: RpcbindVersionStats;
  readonly v3: RpcbindVersionStats;
  readonly v4: RpcbindVersionStats;
}
