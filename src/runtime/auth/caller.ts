import type { X509Certificate } from "node:crypto";
import type { AuthsysParms } from "../gen/rpc_msg.ts";
import type { PeerCredentials } from "../transport/native.ts";

/** Who calls: what is proven, and what is only claimed. */
export interface Caller {
  /** The credential's flavor. */
  readonly flavor: number;
  /** What an AUTH_SYS credential says. Nothing proves it: any program can write any number into it. */
  readonly claimed: AuthsysParms | undefined;
  /** What the kernel says of the process at the other end of a UNIX socket, while it is connected; needs the native addon. */
  readonly proven: PeerCredentials | undefined;
  /**
   * The client's certificate, where the call came over TLS, the server asked for one and it is valid. It tells which host calls,
   * not which of its users (RFC 9289 section 4.2).
   */
  readonly certificate: X509Certificate | undefined;
  /** What the flavor has proven, such as a principal; undefined for AUTH_NONE and AUTH_SYS, which prove nothing. */
  readonly identity: unknown;
}
