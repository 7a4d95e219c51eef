/**
 * Texts of a message, several of which are cut from one string: to make a string of some kilobytes takes a call into the engine as
 * one of some bytes does, and to cut a piece from it takes a fraction of that.
 */
import { latin1Slice } from "./node-buffer.ts";
import { HIGH_BITS, readShortAscii, SHORT_READ } from "./short-text.ts";

/** Bytes that are made one string. A text that is cut from it keeps it alive: so many bytes, and not the whole message. */
const WINDOW = 2048;
/** Texts that begin within so many bytes of the end of the one before are a list of such. */
const NEAR = 256;
/** After so many of them, more are expected. */
const SOME = 3;
/** Beyond so many bytes a text is read by itself. */
const LONG = 256;

/** The window of a reader. All places are offsets in the reader's bytes. */
export class TextWindow {
  #text = "";
  #start = 0;
  #end = 0;
  /** Where the last text ended, and how many were near to each other up to it. */
  #last = -NEAR;
  #near = 0;

  /** Forgets the bytes: others will be there. */
  close(): void {
    this.#end = this.#near = 0;
    this.#last = -NEAR;
  }

  /** The text, of whole words with zeros behind; undefined where it is not ASCII, or is better read in another way. */
  ascii(bytes: Uint8Array, view: DataView, start: number, end: number, limit: number): string | undefined {
    if (this.#isFew(start, end) && end - start <= SHORT_READ) return readShortAscii(view, start, end - start);
    if (end - start > LONG || latin1Slice === undefined) return undefined;
    let high = 0;
    for (let at = start; at < end; at += 4) high |= view.getInt32(at);
    return (high & HIGH_BITS) === 0 ? this.#cut(latin1Slice, bytes, start, end, limit) : undefined;
  }

  /** The text as Latin-1; undefined where it is better read in another way. */
  latin1(bytes: Uint8Array, view: DataView, start: number, end: number, limit: number): string | undefined {
    if (this.#isFew(start, end) && end - start <= SHORT_READ) return readShortAscii(view, start, end - start);
    if (end - start > LONG || latin1Slice === undefined) return undefined;
    return this.#cut(latin1Slice, bytes, start, end, limit);
  }

  #isFew(start: number, end: number): boolean {
    this.#near = start - this.#last < NEAR ? this.#near + 1 : 0;
    this.#last = end;
    return this.#near < SOME;
  }

  #cut(slice: NonNullable<typeof latin1Slice>, bytes: Uint8Array, start: number, end: number, limit: number): string {
    if (this.#near < SOME) return slice.call(bytes, start, end);
    if (start < this.#start || end > this.#end) {
      this.#start = start;
      this.#end = Math.min(start + WINDOW, limit);
      this.#text = slice.call(bytes, start, this.#end);
    }
    return this.#text.substring(start - this.#start, end - this.#start);
  }
}
