import type { AuthDecision, AuthRequest, ServerAuth } from "./flavor.ts";
import { MAX_AUTH_BYTES } from "../gen/rpc_msg.ts";
import { serverAuthNone } from "./none.ts";
import { serverAuthSys } from "./sys.ts";

/** The flavors of a server: AUTH_NONE and AUTH_SYS, and what its options add or put in their place. */
export class Authenticator {
  readonly #flavors = new Map<number, ServerAuth>();

  constructor(added: readonly ServerAuth[] = []) {
    for (const flavor of [serverAuthNone, ...serverAuthSys(), ...added]) this.#flavors.set(flavor.flavor, flavor);
  }

  /** Flavors that the server does not know are rejected as libtirpc rejects them. */
  authenticate(request: AuthRequest): AuthDecision | Promise<AuthDecision> {
    const flavor = this.#flavors.get(request.credential.flavor);
    if (flavor === undefined) return REJECTED;
    try {
      const decision = flavor.authenticate(request);
      return decision instanceof Promise ? decision.then(checked).catch(flavorFailed) : checked(decision);
    } catch (error) {
      return flavorFailed(error);
    }
  }
}

const REJECTED: AuthDecision = { kind: "reject", authStat: "AUTH_REJECTEDCRED" };

/** No reply can carry a verifier that is too long, not even the one that says what went wrong. */
function checked(decision: AuthDecision): AuthDecision {
  const verifier = "verifier" in decision ? decision.verifier : undefined;
  if (verifier === undefined || verifier.body.length <= MAX_AUTH_BYTES) return decision;
  throw new Error(`a verifier of ${verifier.body.length} bytes exceeds ${MAX_AUTH_BYTES}`);
}

/** The caller learns no more than that, the owner of the process all of it. */
export function flavorFailed(error: unknown): Extract<AuthDecision, { kind: "reject" }> {
  process.emitWarning(`a flavor of authentication failed: ${error instanceof Error ? error.message : String(error)}`, {
    code: "TSRPC_AUTH_FAILED",
  });
  return { kind: "reject", authStat: "AUTH_FAILED" };
}
