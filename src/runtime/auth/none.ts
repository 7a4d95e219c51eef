import { AuthFlavorNumber, type OpaqueAuth } from "../gen/rpc_msg.ts";
import type { ClientAuth, ServerAuth } from "./flavor.ts";

/** The credential and the verifier that say nothing. */
export const NO_AUTH: OpaqueAuth = { flavor: AuthFlavorNumber.AUTH_NONE, body: new Uint8Array(0) };

/** AUTH_NONE: no credential. The default. */
export const authNone: ClientAuth = {
  flavor: AuthFlavorNumber.AUTH_NONE,
  marshal(w) {
    // Twice a flavor and a length, which are 0.
    const at = w.reserve(16);
    for (let word = 0; word < 16; word += 4) w.setUint32(at + word, 0);
  },
};

const ACCEPTED = { kind: "accept" } as const;

/** The server's side of AUTH_NONE: anyone. */
export const serverAuthNone: ServerAuth = {
  flavor: AuthFlavorNumber.AUTH_NONE,
  authenticate: () => ACCEPTED,
};
