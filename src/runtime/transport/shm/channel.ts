/** The memory of a shm connection, and the socket by which its ends wake each other and are told of each other's end. */
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
  /** Nothing goes over it but rings, and its end: the kernel closes it with the process. */
  readonly socket: UnixSeqpacketSocket;
  /** Who is at the other end, as the kernel says. */
  readonly credentials: PeerCredentials;
  /** Path of the UNIX socket over which it was asked for. */
  readonly path: string;
}

/** Gives back all that a channel holds. Again: nothing happens. */
export function closeChannel({ mapping, socket }: ShmChannel): void {
  socket.close();
  mapping.close();
}

/** The memory that a server makes for a client that has come. */
export function makeChannel(
  socket: UnixSeqpacketSocket,
  of: Pick<ShmChannel, "credentials" | "path" | "ringBytes">,
): { channel: ShmChannel; memory: Memfd } {
  const seals = ["shrink", "grow", "seal"] as const;
  const memory = Memfd.create("tsrpcgen-shm", { size: shmBytes(of.ringBytes), seals });
  try {
    return { channel: { ...of, end: "server", mapping: memory.map(), socket }, memory };
  } catch (error) {
    memory.close();
    throw error;
  }
}

/**
 * The client's end, out of the descriptors that a server has sent. They are this function's, also where it throws.
 * @throws what does not fit: the memory's size or its seals
 */
export function takeChannel(
  socket: UnixSeqpacketSocket,
  descriptors: readonly DescriptorHandle[],
  of: Pick<ShmChannel, "credentials" | "path">,
): ShmChannel {
  let adopted: Memfd | undefined;
  try {
    const [memory] = descriptors;
    if (descriptors.length !== 1 || memory === undefined)
      throw new Error(`the server sent ${descriptors.length} descriptors, not 1`);
    adopted = Memfd.adopt(memory, { readOnly: false });
    const ringBytes = (adopted.size - shmBytes(0)) / 2;
    if (!isRingBytes(ringBytes)) throw new Error(`the server sent memory of ${adopted.size} bytes`);
    return { ...of, end: "client", mapping: adopted.map(), ringBytes, socket };
  } finally {
    adopted?.close();
    for (const each of descriptors) each.close();
  }
}
