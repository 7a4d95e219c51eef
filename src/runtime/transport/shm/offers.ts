/** The server's way from a local connection to shm. */
import { randomBytes } from "node:crypto";
import type { PeerCredentials } from "../../../ipc/peer-credentials.ts";
import { peerCredentials } from "../../../ipc/peer-credentials.ts";
import { UnixSeqpacketServer, type UnixSeqpacketSocket } from "../../../ipc/unix-seqpacket.ts";
import {
  MAX_SHM_OFFERS,
  MAX_SHM_OFFERS_PER_PROCESS,
  MAX_SHM_OFFERS_PER_USER,
  SHM_OFFER_TIMEOUT_MS,
} from "../../limits.ts";
import { type ShmChannel, closeChannel, makeChannel } from "./channel.ts";

/** To whom an offer is made. */
export interface ShmAsker {
  readonly credentials: PeerCredentials;
  /** Path of the UNIX socket over which it asks. */
  readonly path: string;
}

const HELLO = new Uint8Array([1]);

/** Places where clients are waited for that have asked for shm, each once. */
export class ShmOffers {
  readonly #ringBytes: number;
  /** Each place, and who is waited for there. */
  readonly #open = new Map<UnixSeqpacketServer, PeerCredentials>();

  constructor(ringBytes: number) {
    this.#ringBytes = ringBytes;
  }

  /** Those that are waited for. */
  get count(): number {
    return this.#open.size;
  }

  /** Whether there is room for one more, to that process. */
  hasRoomFor({ uid, pid }: PeerCredentials): boolean {
    if (this.#open.size >= MAX_SHM_OFFERS) return false;
    let [ofUser, ofProcess] = [0, 0];
    for (const other of this.#open.values()) {
      if (other.uid !== uid) continue;
      ofUser++;
      if (other.pid === pid) ofProcess++;
    }
    return ofUser < MAX_SHM_OFFERS_PER_USER && ofProcess < MAX_SHM_OFFERS_PER_PROCESS;
  }

  /**
   * Waits for one who has asked. The name is in no file system, and free again with the socket; everyone can see it, so who comes is
   * compared with who has asked, by what the kernel says of both.
   * @param met is given the channel when it has come
   * @returns the abstract name of the place
   */
  make(asker: ShmAsker, met: (channel: ShmChannel) => void): string {
    const name = `tsrpcgen-${randomBytes(16).toString("hex")}`;
    const place = UnixSeqpacketServer.listen({ abstract: name });
    this.#open.set(place, asker.credentials);
    void this.#wait(place, asker)
      .then((channel) => {
        try {
          met(channel);
        } catch (error) {
          closeChannel(channel);
          throw error;
        }
      })
      .catch(() => undefined) // nobody came; the connection goes on as it is
      .finally(() => {
        place.close();
        this.#open.delete(place);
      });
    return name;
  }

  /** Waits for nobody any more. */
  close(): void {
    for (const place of this.#open.keys()) place.close();
  }

  async #wait(place: UnixSeqpacketServer, asker: ShmAsker): Promise<ShmChannel> {
    const { credentials, path } = asker;
    const endMs = performance.now() + SHM_OFFER_TIMEOUT_MS;
    for (;;) {
      const leftMs = endMs - performance.now();
      // Also while others come one after the other.
      if (leftMs <= 0) throw new Error("the client has not come");
      const socket = await place.accept({ timeoutMs: leftMs });
      if (!isAsker(socket, credentials)) {
        socket.close();
        continue;
      }
      let channel: ShmChannel | undefined;
      try {
        const { channel: made, memory } = makeChannel(socket, { credentials, path, ringBytes: this.#ringBytes });
        channel = made;
        let isSent: boolean;
        try {
          isSent = socket.trySend(HELLO, { descriptors: [memory] });
        } finally {
          memory.close();
        }
        if (!isSent) throw new Error("the client takes nothing");
        return made;
      } catch (error) {
        if (channel === undefined) socket.close();
        else closeChannel(channel);
        throw error;
      }
    }
  }
}

function isAsker(socket: UnixSeqpacketSocket, { uid, pid }: PeerCredentials): boolean {
  try {
    const comes = peerCredentials(socket);
    return comes.uid === uid && comes.pid === pid;
  } catch {
    return false;
  }
}
