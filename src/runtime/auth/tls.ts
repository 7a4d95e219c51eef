/** AUTH_TLS: the question whether the server speaks TLS (RFC 9289 section 4.1). It proves nothing by itself. */
import { AuthFlavorNumber, type OpaqueAuth } from "../gen/rpc_msg.ts";

/** Number of the flavor, as IANA lists it. */
export const AUTH_TLS = 7;

/** The credential of the question. */
export const TLS_PROBE: OpaqueAuth = { flavor: AUTH_TLS, body: new Uint8Array(0) };

/** The verifier of the answer yes. */
export const STARTTLS: OpaqueAuth = { flavor: AuthFlavorNumber.AUTH_NONE, body: Buffer.from("STARTTLS") };

/** Whether a verifier is the answer yes. */
export function isStartTls({ flavor, body }: OpaqueAuth): boolean {
  return flavor === STARTTLS.flavor && Buffer.from(STARTTLS.body).equals(body);
}
