import type { AuthDecision, AuthRequest, ServerAuth } from "./flavor.ts";
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
      return decision instanceof Promise ? decision.catch(failed) : decision;
    } catch (error) {
      return failed(error);
    }
  }
}

const REJECTED: AuthDecision = { kind: "reject", authStat: "AUTH_REJECTEDCRED" };

function failed(error: unknown): AuthDecision {
  process.emitWarning(`a flavor of authentication failed: ${error instanceof Error ? error.message : String(error)}`, {
    code: "TSRPC_AUTH_FAILED",
  });
  return { kind: "reject", authStat: "AUTH_FAILED" };
}
