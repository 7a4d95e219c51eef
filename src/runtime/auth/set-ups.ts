import type { AuthCall, ClientAuth } from "./flavor.ts";

/** The flavors that are ready to be used on a connection. */
export class AuthSetUps {
  readonly #made = new WeakMap<ClientAuth, Promise<void> | "ready">();

  isReady(auth: ClientAuth): boolean {
    return auth.setUp === undefined || this.#made.get(auth) === "ready";
  }

  /** Makes it ready, once for all calls that wait for it. Rejects as `setUp` does; the next call tries anew. */
  make(auth: ClientAuth, call: AuthCall): Promise<void> {
    const known = this.#made.get(auth);
    if (known !== undefined && known !== "ready") return known;
    const setUp = async (): Promise<void> => auth.setUp?.(call); // what it throws at once rejects, too
    const making = setUp().then(
      () => {
        this.#made.set(auth, "ready");
      },
      (error: unknown) => {
        this.#made.delete(auth);
        throw error;
      },
    );
    this.#made.set(auth, making);
    return making;
  }
}
