/** What a client checks at the place that a server has named for shm. */
import { type PeerCredentials, peerCredentials } from "../../../ipc/peer-credentials.ts";
import type { UnixMessage } from "../../../ipc/unix-message.ts";
import type { UnixSeqpacketSocket } from "../../../ipc/unix-seqpacket.ts";
import { reason } from "../../error.ts";
import { type ShmChannel, takeChannel } from "./channel.ts";

/** What is taken of the server's message there. */
export const TAKES = { maxBytes: 8, maxDescriptors: 1 } as const;

/**
 * Who waits there. Throws where it is not the user whose socket named it: a name is anyone's to take once the server has given it up.
 * @param asked descriptor of the connection over which it was named
 */
export function credentialsOfServer(socket: UnixSeqpacketSocket, asked: number | undefined): PeerCredentials {
  const credentials = peerCredentials(socket);
  if (asked === undefined || peerCredentials(asked).uid !== credentials.uid)
    throw new Error("someone else waits at the place that the server named");
  return credentials;
}

/** The channel that the server has sent. Throws where it sent none. */
export function taken(
  socket: UnixSeqpacketSocket,
  message: UnixMessage | null,
  of: Pick<ShmChannel, "credentials" | "path">,
): ShmChannel {
  if (message === null) throw new Error("the server has gone from the place that it named");
  return takeChannel(socket, message.descriptors, of);
}

/** Why the connection stays as it is. */
export function notMet(error: unknown): string {
  return `the server speaks shm, but can't be met: ${reason(error)}`;
}
