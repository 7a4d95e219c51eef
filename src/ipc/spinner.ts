import { addon } from "./addon.ts";
import type { Mapping } from "./mapping.ts";

/** Looks for a change of a word that another process writes: native/src/spinner.h. */
export interface Spinner {
  /** Microseconds until the word was no longer `value`; -1 where it still is after `maxUs`. The thread does nothing else meanwhile. */
  spin(value: number, maxUs: number): number;
  /** Lets go of the memory. Else it stays mapped until this is garbage, also where its mapping is closed. */
  close(): void;
}

/** Which words of a mapping it looks at, each by its index as an Int32Array has it. */
export interface SpinnerWords {
  /** Looked at. */
  readonly word: number;
  /** Where this end publishes the processor that it runs on. */
  readonly ownProcessor: number;
  readonly peerProcessor: number;
}

interface SpinnerFunctions {
  readonly Spinner: new (mapping: object, word: number, ownProcessor: number, peerProcessor: number) => Spinner;
}

/** @throws `EINVAL` (words beyond the mapping, or it is mapped for reading), `EBADF` (closed) */
export function newSpinner(mapping: Mapping, { word, ownProcessor, peerProcessor }: SpinnerWords): Spinner {
  const { Spinner } = addon() as SpinnerFunctions;
  return new Spinner(mapping.native, word, ownProcessor, peerProcessor);
}
