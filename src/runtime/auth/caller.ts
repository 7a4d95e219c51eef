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
  /** What the flavor has proven, such as a principal; undefined for AUTH_NONE and AUTH_SYS, which prove nothing. */
  readonly identity: unknown;
}
