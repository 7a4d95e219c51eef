import { formatUaddr, parseUaddr } from "./uaddr.ts";

/** Transports by their names in rpcbind and /etc/netconfig. Only these are ever registered with a portmapper. */
export type Netid = "tcp" | "udp" | "tcp6" | "udp6" | "local";

const NETIDS: ReadonlySet<string> = new Set<Netid>(["tcp", "udp", "tcp6", "udp6", "local"]);

/** Whether a name is one of the transports that this runtime speaks. */
export function isNetid(name: string): name is Netid {
  return NETIDS.has(name);
}

/** One end of a connection: host and port, or the path of a UNIX socket. */
export class RpcAddress {
  readonly netid: Netid;
  /** Numeric address; empty for `local`. */
  readonly host: string;
  /** 0 for `local`. */
  readonly port: number;
  /** Path of the UNIX socket; empty for other transports, and for the unnamed end of a client. */
  readonly path: string;

  private constructor(netid: Netid, host: string, port: number, path: string) {
    this.netid = netid;
    this.host = host;
    this.port = port;
    this.path = path;
  }

  /** An address of tcp, udp, tcp6 or udp6. */
  static inet(netid: Exclude<Netid, "local">, host: string, port: number): RpcAddress {
    return new RpcAddress(netid, host, port, "");
  }

  /** A UNIX socket; an empty path is the unnamed end of a client. */
  static local(path: string): RpcAddress {
    return new RpcAddress("local", "", 0, path);
  }

  /** Reads what a portmapper stores; undefined where it is no address of that transport. */
  static parse(netid: Netid, uaddr: string): RpcAddress | undefined {
    if (netid === "local") return uaddr.startsWith("/") ? RpcAddress.local(uaddr) : undefined;
    const parsed = parseUaddr(uaddr);
    return parsed === undefined ? undefined : RpcAddress.inet(netid, parsed.host, parsed.port);
  }

  /** The universal address (RFC 5665): `127.0.0.1.8.1`, or the path. */
  get uaddr(): string {
    return this.netid === "local" ? this.path : formatUaddr(this.host, this.port);
  }

  /** For people: `127.0.0.1:2049`, `[::1]:2049`, or the path. */
  get address(): string {
    if (this.netid === "local") return this.path;
    return `${this.host.includes(":") ? `[${this.host}]` : this.host}:${this.port}`;
  }

  /** For messages: `tcp 127.0.0.1:2049`. */
  toString(): string {
    return `${this.netid} ${this.address === "" ? "socket" : this.address}`;
  }
}
