/** The memory of a shm connection and what stands around it: the bells by which the ends wake each other, and the socket that tells of the other's end. */
import { EventFd } from "../../../ipc/event-fd.ts";
import type { DescriptorHandle } from "../../../ipc/handle.ts";
import type { Mapping } from "../../../ipc/mapping.ts";
import { Memfd } from "../../../ipc/memfd.ts";
import type { PeerCredentials } from "../../../ipc/peer-credentials.ts";
import type { UnixSeqpacketSocket } from "../../../ipc/unix-seqpacket.ts";
import { type ShmEnd, isRingBytes, shmBytes } from "./layout.ts";

/** One end of a connection, before it is used. */
export interface ShmChannel {
  readonly end: ShmEnd;
  readonly mapping: Mapping;
  readonly ringBytes: number;
  /** Rung by the peer. */
  readonly ownBell: EventFd;
  /** Rings at the peer. */
  readonly peerBell: EventFd;
  /** Nothing goes over it but its end: the kernel closes it with the process. */
  readonly socket: UnixSeqpacketSocket;
  /** Who is at the other end, as the kernel says. */
  readonly credentials: PeerCredentials;
  /** Path of the UNIX socket over which it was asked for. */
  readonly path: string;
}

/** Gives back all that a channel holds. Again: nothing happens. */
export function closeChannel({ mapping, ownBell, peerBell, socket }: ShmChannel): void {
  for (const each of [socket, ownBell, peerBell, mapping]) each.close();
}

/** The memory and the bells that a server makes for a client that has come. */
export function makeChannel(
  socket: UnixSeqpacketSocket,
  of: Pick<ShmChannel, "credentials" | "path" | "ringBytes">,
): { channel: ShmChannel; memory: Memfd } {
  const made: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(each: T): T => {
    made.push(each);
    return each;
  };
  try {
    const memory = keep(
      Memfd.create("tsrpcgen-shm", { size: shmBytes(of.ringBytes), seals: ["shrink", "grow", "seal"] }),
    );
    const mapping = keep(memory.map());
    const ownBell = keep(EventFd.create());
    const peerBell = keep(EventFd.create());
    return { channel: { ...of, end: "server", mapping, ownBell, peerBell, socket }, memory };
  } catch (error) {
    for (const each of made) each.close();
    throw error;
  }
}

/**
 * The client's end, out of the descriptors that a server has sent. They are this function's, also where it throws.
 * @throws what does not fit: the memory's size or its seals, or what is no bell
 */
export function takeChannel(
  socket: UnixSeqpacketSocket,
  descriptors: readonly DescriptorHandle[],
  of: Pick<ShmChannel, "credentials" | "path">,
): ShmChannel {
  const made: { close(): void }[] = [...descriptors];
  const keep = <T extends { close(): void }>(each: T): T => {
    made.push(each);
    return each;
  };
  try {
    const [memory, ownBell, peerBell] = descriptors;
    if (descriptors.length !== 3 || memory === undefined || ownBell === undefined || peerBell === undefined)
      throw new Error(`the server sent ${descriptors.length} descriptors, not 3`);
    const adopted = keep(Memfd.adopt(memory, { readOnly: false }));
    const ringBytes = (adopted.size - shmBytes(0)) / 2;
    if (!isRingBytes(ringBytes)) throw new Error(`the server sent memory of ${adopted.size} bytes`);
    const own = keep(EventFd.adopt(ownBell));
    const peer = keep(EventFd.adopt(peerBell));
    const mapping = keep(adopted.map());
    adopted.close();
    return { ...of, end: "client", mapping, ringBytes, ownBell: own, peerBell: peer, socket };
  } catch (error) {
    for (const each of made) each.close();
    throw error;
  }
}
