/** The client's way from a local connection to shm, with the thread waiting: ask.ts, step by step. */
import { randomInt } from "node:crypto";
import { performance } from "node:perf_hooks";
import { UnixSeqpacketSocket } from "../../../ipc/unix-seqpacket.ts";
import { SHM_PROBE, shmName } from "../../auth/shm.ts";
import { SHM_OFFER_TIMEOUT_MS } from "../../limits.ts";
import { type ProbedService, probeMessage, readAnswer } from "../probe.ts";
import type { SyncChannel } from "../sync-channel.ts";
import type { ShmChannel } from "./channel.ts";
import { TAKES, credentialsOfServer, notMet, taken } from "./meet.ts";

/**
 * Asks the server for shm, and meets it. Where it does not agree, or they do not meet, the answer is why, and the channel is as it was.
 * Throws where the channel is of no use any more: the connection has ended, or the server answers nothing, or nonsense.
 * @param fd the channel's descriptor
 */
export function askForShmSync(
  over: SyncChannel,
  fd: number,
  service: ProbedService,
  timeoutMs: number,
): ShmChannel | string {
  const xid = randomInt(0x1_0000_0000);
  const startMs = performance.now();
  const waitMs = Math.min(timeoutMs, SHM_OFFER_TIMEOUT_MS);
  const endMs = startMs + waitMs;
  over.send(probeMessage(xid, service, SHM_PROBE), endMs);
  const answer = over.receive(endMs, startMs);
  if (answer === undefined) throw new Error(`no answer within ${waitMs} ms to whether the server speaks shm`);
  const { error, verifier } = readAnswer(answer, xid, over.peer);
  const name = verifier === undefined ? undefined : shmName(verifier);
  if (name === undefined) return error?.message ?? "the server does not speak shm";
  let socket: UnixSeqpacketSocket | undefined;
  try {
    const left = (): { timeoutMs: number } => ({ timeoutMs: Math.max(0, endMs - performance.now()) });
    socket = UnixSeqpacketSocket.connectSync({ abstract: name }, left());
    const credentials = credentialsOfServer(socket, fd);
    return taken(socket, socket.receiveSync({ ...left(), ...TAKES }), { credentials, path: over.peer.path });
  } catch (cause) {
    socket?.close();
    return notMet(cause);
  }
}
