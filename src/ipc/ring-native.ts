import { addon } from "./addon.ts";
import type { NativeKey } from "./handle.ts";
import type { NativeMapping } from "./mapping.ts";
import type { WaitNumber, ThreadCallback } from "./on-thread.ts";

/**
 * The addon's use of a ring. An operation yields at least 0 where it was done (of a pop: the record's length), -1 where
 * it was not the time, and -2 - length where the record to pop is longer than the space. {@link tell} is added where the
 * other end is to be told.
 */
export interface NativeRing {
  readonly key: NativeKey<NativeRing>;
  readonly maxRecordBytes: number;
  readonly capacity: number;
  readonly pushed: number;
  readonly popped: number;
  /** Where `pop` puts a record that is given no bytes: the addon's own memory, anew at each look. */
  readonly scratch: Uint8Array;
  /** Where the record of the last push lies. */
  readonly ticket: [units: number, records: number];
  /** Records pushed, and where the last push has left its end; the same of pops. */
  readonly books: BigInt64Array;
  /** Where this end's intent lies, in bytes from the ring's begin; -1 where its operations are the addon's alone. */
  direct(pushing: boolean, fenced: boolean): number;
  /** After an operation of our own: wakes who sleeps. Whether the other end is to be told. */
  wake(pushing: boolean): boolean;
  push(bytes: Uint8Array): number;
  pushWanted(bytes: Uint8Array): number;
  pop(bytes?: Uint8Array, spinUs?: number): number;
  withdraw(units: number, records: number, length: number): number;
  wasTaken(units: number, records: number): boolean;
  waitPush(size: number, callback: ThreadCallback<undefined>): WaitNumber;
  waitPop(callback: ThreadCallback<undefined>): WaitNumber;
  waitTaken(units: number, records: number, callback: ThreadCallback<undefined>): WaitNumber;
  waitPopSync(timeoutMs: number | undefined): void;
  waitTakenSync(units: number, records: number, timeoutMs: number | undefined): void;
  want(): void;
  unwant(): void;
  passOn(): void;
  trim(): void;
  arm(pushing: boolean, size: number): boolean;
  usage(): [records: number, bytes: number];
  deaths(): [pid: number, pushed: number, popped: number, found: number][];
  close(): void;
}

interface RingFunctions {
  readonly ringHeaderBytes: number;
  ringFormat(
    mapping: NativeMapping,
    offset: number,
    length: number,
    manyProducers: boolean,
    manyConsumers: boolean,
    maxRecords: number,
  ): void;
  ringPushSync(ring: NativeKey<NativeRing>, bytes: Uint8Array, timeoutMs?: number, spinUs?: number): number;
  /** Into `scratch` where there are no bytes. */
  ringPopSync(ring: NativeKey<NativeRing>, bytes?: Uint8Array, timeoutMs?: number, spinUs?: number): number;
  readonly Ring: new (mapping: NativeMapping, offset: number, scratchBytes: number) => NativeRing;
}

export const nativeRing = (): RingFunctions => addon() as RingFunctions;

/** Beyond every length. */
export const tell: number = 2 ** 33;

/** Where the positions of the two ends lie in a ring, in words of 32 bits: native/src/ring/layout.h. */
export const positionWords: { readonly push: number; readonly pop: number } = { push: 128 / 4, pop: 384 / 4 };
