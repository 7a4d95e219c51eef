/**
 * A socket as a bell. An eventfd is one object for both ends, whose `O_NONBLOCK` either may take away and whose counter either may fill: who
 * rings at it, or answers it, can be held by the other end for ever. Each end of a connection has flags of its own.
 * @module
 */
import { addon } from "./addon.ts";
import type { NativeDescriptor, NativeKey } from "./handle.ts";
import { events } from "./readiness.ts";

interface StreamFunctions {
  read(descriptor: NativeKey<NativeDescriptor>, bytes: Uint8Array): number | undefined;
  readSync(descriptor: NativeKey<NativeDescriptor>, bytes: Uint8Array, timeoutMs: number): number;
  write(descriptor: NativeKey<NativeDescriptor>, bytes: Uint8Array): number | undefined;
}

/** What a bell's ring is. No call leaves it in use. */
const ring = new Uint8Array(1);
const rung = new Uint8Array(1);

/** A connected socket at which each end rings at the other one, and is told when that has gone. */
export class Bell {
  readonly #native: NativeDescriptor;
  readonly #key: NativeKey<NativeDescriptor>;

  /** @internal @param native the socket's, which is in no other use from now on */
  constructor(native: NativeDescriptor) {
    this.#native = native;
    this.#key = native.key;
  }

  /** Where the peer has not heard so many rings that there is no room for another, it will hear those. */
  ring(): void {
    try {
      (addon() as StreamFunctions).write(this.#key, ring);
    } catch {
      // It has gone, which `watch` tells of.
    }
  }

  /** Waits for a ring, with the thread waiting. @returns whether there was one in time; undefined: the peer has closed its end */
  hearSync(timeoutMs: number): boolean | undefined {
    const functions = addon() as StreamFunctions;
    try {
      const bytes = timeoutMs > 0 ? functions.readSync(this.#key, rung, timeoutMs) : functions.read(this.#key, rung);
      return bytes === 0 ? undefined : bytes !== undefined;
    } catch (error) {
      return (error as { code?: string }).code === "ETIMEDOUT" ? false : undefined;
    }
  }

  /**
   * @param heard is called for each ring
   * @param gone is called once, behind all rings: the peer has closed its end
   */
  watch(heard: () => void, gone: () => void): void {
    const native = this.#native;
    const functions = addon() as StreamFunctions;
    native.onReady = () => {
      let bytes: number | undefined;
      try {
        bytes = functions.read(this.#key, rung);
      } catch {
        bytes = 0; // ECONNRESET: it has not heard what we rang
      }
      if (bytes === 0) {
        native.rest();
        gone();
      } else if (bytes !== undefined) heard();
    };
    native.wait(events.readable);
  }
}
