import { AuthFlavorNumber, type OpaqueAuth, OpaqueAuthCodec } from "../gen/rpc_msg.ts";
import type { ClientAuth, ServerAuth } from "./flavor.ts";

/** The credential and the verifier that say nothing. */
export const NO_AUTH: OpaqueAuth = { flavor: AuthFlavorNumber.AUTH_NONE, body: new Uint8Array(0) };

/** AUTH_NONE: no credential. The default. */
export const authNone: ClientAuth = {
  flavor: AuthFlavorNumber.AUTH_NONE,
  marshal(w) {
    OpaqueAuthCodec.encode(w, NO_AUTH);
    OpaqueAuthCodec.encode(w, NO_AUTH);
  },
};

const ACCEPTED = { kind: "accept" } as const;

/** The server's side of AUTH_NONE: anyone. */
export const serverAuthNone: ServerAuth = {
  flavor: AuthFlavorNumber.AUTH_NONE,
  authenticate: () => ACCEPTED,
};
