import type { AuthDecision, AuthRequest, ServerAuth } from "./flavor.ts";
import { AuthStat, MAX_AUTH_BYTES } from "../gen/rpc_msg.ts";
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
      return isDecision(decision) ? checked(decision) : Promise.resolve(decision).then(checked).catch(flavorFailed);
    } catch (error) {
      return flavorFailed(error);
    }
  }
}

const KINDS: ReadonlySet<unknown> = new Set<AuthDecision["kind"]>(["accept", "reject", "answer", "drop"]);

const REJECTED: AuthDecision = { kind: "reject", authStat: "AUTH_REJECTEDCRED" };

function isDecision(decision: AuthDecision | Promise<AuthDecision>): decision is AuthDecision {
  return "kind" in decision;
}

/**
 * No reply can carry a verifier that is too long, not even the one that says what went wrong; nor a reason that there is not. What
 * a flavor gives is nobody's to trust who answers datagrams: an error behind this would end the process.
 */
function checked(decision: AuthDecision): AuthDecision {
  if (!KINDS.has(decision.kind)) throw new Error("what authenticate gives is no decision");
  if (decision.kind === "reject" && !Object.hasOwn(AuthStat, decision.authStat))
    throw new Error(`there is no auth_stat ${JSON.stringify(decision.authStat)}`);
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
