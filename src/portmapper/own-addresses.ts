import { ownAddresses } from "./address.ts";
import type { OwnAddress } from "./address.ts";

/** Milliseconds for which the list of this host's addresses is taken to hold: the kernel need not be asked at each lookup. */
const FRESH_MS = 1000;

/** This host's addresses, asked anew where the last answer is older than a second. */
export class OwnAddresses {
  #list: readonly OwnAddress[] = [];
  #askedAt = -Infinity;

  list(): readonly OwnAddress[] {
    const now = performance.now();
    if (now - this.#askedAt > FRESH_MS) {
      this.#list = ownAddresses();
      this.#askedAt = now;
    }
    return this.#list;
  }
}
