import { addon } from "./addon.ts";

/** Who is, or was, at the other end of a UNIX socket, as the kernel noted it. */
export interface PeerCredentials {
  /** Process id; absent where the system does not tell it (macOS) or the process lies outside of this pid namespace. */
  pid?: number;
  /** Effective user id. */
  uid: number;
  /** Effective group id. */
  gid: number;
}

interface PeerCredentialsFunctions {
  peerCredentials(fd: number): PeerCredentials;
}

/**
 * Who has connected, listened or called socketpair at the other end (`SO_PEERCRED`, unix(7); `getpeereid` on macOS and
 * BSD). It stays the same when the other end is handed to another process: `passCredentials` of a socket tells who sends.
 * @param socket a connected UNIX socket, or its descriptor
 * @throws `EBADF`, `ENOTSOCK`, `ENOTCONN`, `EAFNOSUPPORT` (a socket of another family), `ENOSYS` (a system without such a
 *   call)
 */
export function peerCredentials(socket: number | { readonly fd: number }): PeerCredentials {
  return (addon() as PeerCredentialsFunctions).peerCredentials(typeof socket === "number" ? socket : socket.fd);
}
