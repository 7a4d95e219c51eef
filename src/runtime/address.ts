import { formatUaddr, parseUaddr } from "./uaddr.ts";

/** Transports by their names in rpcbind and /etc/netconfig. Only these are ever registered with a portmapper. */
export type Netid = "tcp" | "udp" | "tcp6" | "udp6" | "local";

const NETIDS: ReadonlySet<string> = new Set<Netid>(["tcp", "udp", "tcp6", "udp6", "local"]);

/** Those of them that have hosts and ports. */
export type InetNetid = Exclude<Netid, "local">;

/**
 * Transports between processes of one host that no portmapper knows: each is spoken to by who is told its path. `shm` has the
 * path of the UNIX socket over which it was agreed on.
 */
export type SameHostTransport = "shm" | "local-dgram" | "sysvmq" | "fifo" | "pipe";

/** Those of them that a server listens on, and a client connects to, by a path. */
export type PathTransport = "sysvmq" | "fifo" | "local-dgram";

/** In the order in which a server opens them. */
export const PATH_TRANSPORTS: readonly PathTransport[] = ["sysvmq", "fifo", "local-dgram"];

/** All transports of this runtime. */
export type TransportName = Netid | SameHostTransport;

const SAME_HOST: ReadonlySet<string> = new Set<SameHostTransport>(["shm", "local-dgram", "sysvmq", "fifo", "pipe"]);

/** Whether a name is one of the transports that this runtime speaks. */
export function isTransportName(name: string): name is TransportName {
  return isNetid(name) || SAME_HOST.has(name);
}

/** Whether a name is that of a transport that portmappers know. */
export function isNetid(name: string): name is Netid {
  return NETIDS.has(name);
}

/** Whether a name is that of a transport that is found by a path. */
export function isPathTransport(name: string): name is PathTransport {
  return (PATH_TRANSPORTS as readonly string[]).includes(name);
}

/** Whether a transport has hosts and ports. */
export function isInet(name: string): name is InetNetid {
  return isNetid(name) && name !== "local";
}

/** One end of a connection: host and port, or, within a host, a path. */
export class RpcAddress<N extends TransportName = TransportName> {
  readonly netid: N;
  /** Numeric address; empty within a host. */
  readonly host: string;
  /** 0 within a host. */
  readonly port: number;
  /** Path, within a host; empty for the Internet's transports, and for the unnamed end of a client. */
  readonly path: string;

  private constructor(netid: N, host: string, port: number, path: string) {
    this.netid = netid;
    this.host = host;
    this.port = port;
    this.path = path;
  }

  /** An address of tcp, udp, tcp6 or udp6. */
  static inet<N extends InetNetid>(netid: N, host: string, port: number): RpcAddress<N> {
    return new RpcAddress(netid, host, port, "");
  }

  /** A UNIX socket; an empty path is the unnamed end of a client. */
  static local(path: string): RpcAddress<"local"> {
    return new RpcAddress("local", "", 0, path);
  }

  /** A path within this host; an empty one is the unnamed end of a client. */
  static sameHost<N extends SameHostTransport>(transport: N, path: string): RpcAddress<N> {
    return new RpcAddress(transport, "", 0, path);
  }

  /** Reads what a portmapper stores; undefined where it is no address of that transport. */
  static parse(netid: Netid, uaddr: string): RpcAddress<Netid> | undefined {
    if (netid === "local") return uaddr.startsWith("/") ? RpcAddress.local(uaddr) : undefined;
    const parsed = parseUaddr(uaddr);
    return parsed === undefined ? undefined : RpcAddress.inet(netid, parsed.host, parsed.port);
  }

  /** The universal address (RFC 5665): `127.0.0.1.8.1`, or the path. */
  get uaddr(): string {
    return this.host === "" ? this.path : formatUaddr(this.host, this.port);
  }

  /** For people: `127.0.0.1:2049`, `[::1]:2049`, or the path. */
  get address(): string {
    if (this.host === "") return this.path;
    return `${this.host.includes(":") ? `[${this.host}]` : this.host}:${this.port}`;
  }

  /** For messages: `tcp 127.0.0.1:2049`. */
  toString(): string {
    return `${this.netid} ${this.address === "" ? "socket" : this.address}`;
  }
}

/** What a portmapper calls a transport: whatever stays within a host goes by the name of `local`. */
export function netidOf(transport: TransportName): Netid {
  return isNetid(transport) ? transport : "local";
}

/** Whether an address is one that a portmapper can store. */
export function isRegistrable(address: RpcAddress): address is RpcAddress<Netid> {
  return isNetid(address.netid);
}
