/** The client's way from a local connection to shm. */
import type { Socket } from "node:net";
import { UnixSeqpacketSocket } from "../../../ipc/unix-seqpacket.ts";
import type { RpcAddress } from "../../address.ts";
import { SHM_PROBE, shmName } from "../../auth/shm.ts";
import { SHM_OFFER_TIMEOUT_MS } from "../../limits.ts";
import type { ReadSocket } from "../placed-reads.ts";
import { type ProbedService, probe } from "../probe.ts";
import type { RecordLimits } from "../record-marking.ts";
import { descriptorOf } from "../tcp-options.ts";
import type { ShmChannel } from "./channel.ts";
import { TAKES, credentialsOfServer, notMet, taken } from "./meet.ts";

/**
 * Asks the server for shm, and meets it. Where it does not agree, or they do not meet, the answer is why, and the socket is as it was.
 * Rejects where the socket is of no use any more: the connection has ended, or the server answers nothing, or nonsense.
 */
export async function askForShm(
  over: ReadSocket,
  to: RpcAddress,
  service: ProbedService,
  records: RecordLimits,
): Promise<ShmChannel | string> {
  const { socket } = over;
  const silence = setTimeout(() => {
    socket.destroy(new Error(`no answer within ${SHM_OFFER_TIMEOUT_MS} ms to whether the server speaks shm`));
  }, SHM_OFFER_TIMEOUT_MS);
  const ended = new AbortController();
  const abort = (): void => {
    ended.abort(new Error("the connection ended"));
  };
  try {
    const { error, verifier } = await probe(over, to, service, SHM_PROBE, records);
    const name = verifier === undefined ? undefined : shmName(verifier);
    if (name === undefined) return error?.message ?? "the server does not speak shm";
    socket.once("close", abort);
    return await meet(name, socket, to.path, ended.signal);
  } finally {
    clearTimeout(silence);
    socket.off("close", abort);
  }
}

/** Takes what the server has made. */
async function meet(name: string, over: Socket, path: string, signal: AbortSignal): Promise<ShmChannel | string> {
  let socket: UnixSeqpacketSocket | undefined;
  try {
    const options = { timeoutMs: SHM_OFFER_TIMEOUT_MS, signal };
    socket = await UnixSeqpacketSocket.connect({ abstract: name }, options);
    const credentials = credentialsOfServer(socket, descriptorOf(over));
    return taken(socket, await socket.receive({ ...options, ...TAKES }), { credentials, path });
  } catch (error) {
    socket?.close();
    return notMet(error);
  }
}
