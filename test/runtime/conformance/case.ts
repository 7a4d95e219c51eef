/** What a conformance case is. */
import type { Capability, TransportRow } from "./rows.ts";

export interface ConformanceCase {
  /** What holds. */
  readonly title: string;
  /** What a transport must be able to do for it. Default nothing. */
  readonly needs?: readonly Capability[];
  run(row: TransportRow): Promise<void>;
}

/** A promise that the test settles. */
export class Gate<T = void> {
  readonly opened: Promise<T>;
  open: (value: T) => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}

/** Resolves when `test` holds, which each turn of the loop may bring about. Mocha's time bounds it. */
export async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise(setImmediate);
}
