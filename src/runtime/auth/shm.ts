/**
 * The question whether a server speaks shm, on a local socket: a flavor of ours, whose numbers IANA leaves to the users of a site. A server
 * that does not know it rejects it, as it does each other one that it does not know.
 */
import { SHM_VERSION } from "../transport/shm/layout.ts";
import type { OpaqueAuth } from "../gen/rpc_msg.ts";
import { wordAt } from "../word.ts";

/** Number of the flavor: "tshm". */
export const AUTH_SHM = 0x7473_686d;

/** The credential of the question: the layout's version. */
export const SHM_PROBE: OpaqueAuth = { flavor: AUTH_SHM, body: Buffer.from([0, 0, 0, SHM_VERSION]) };

/** Whether a call is the question: it calls nothing. */
export function isShmQuestion(call: Uint8Array): boolean {
  const CREDENTIAL_FLAVOR = 24;
  return call.length >= CREDENTIAL_FLAVOR + 4 && wordAt(call, CREDENTIAL_FLAVOR) === AUTH_SHM;
}

/** Whether a credential asks for the layout that this runtime has. */
export function isShmProbe({ flavor, body }: OpaqueAuth): boolean {
  return flavor === AUTH_SHM && Buffer.from(SHM_PROBE.body).equals(body);
}

/** The verifier of the answer yes: the abstract name of a socket where the asker is waited for. */
export function shmAnswer(name: string): OpaqueAuth {
  return { flavor: AUTH_SHM, body: Buffer.from(name, "latin1") };
}

/** The name; undefined where the verifier is no answer yes. */
export function shmName({ flavor, body }: OpaqueAuth): string | undefined {
  return flavor === AUTH_SHM && body.length > 0 ? Buffer.from(body).toString("latin1") : undefined;
}
