/**
 * Texts of a few characters, four to a word: for these a call into the engine's codec costs more than the text. Strings of XDR
 * are padded to words with zeros.
 */

/** Up to so many bytes `readShortAscii` reads. */
export const SHORT_READ = 16;

/** Up to so many characters a loop over them is faster than a call into the engine. */
export const SHORT_WRITE = 40;

/** The high bit of each byte of a word. */
export const HIGH_BITS = 0x80808080;

/**
 * Writes the count and the characters, each as the byte of its number, with the padding.
 * @returns the bits that are set in any of them: what was written is no good where they are more than a byte's
 */
export function storeShort(view: DataView, at: number, text: string): number {
  const { length } = text;
  view.setUint32(at, length);
  const first = at + 4;
  const words = length & ~3;
  let seen = 0;
  let i = 0;
  for (; i < words; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    seen |= a | b | c | d;
    view.setInt32(first + i, (a << 24) | (b << 16) | (c << 8) | d);
  }
  if (i < length) {
    const a = text.charCodeAt(i);
    const b = i + 1 < length ? text.charCodeAt(i + 1) : 0;
    const c = i + 2 < length ? text.charCodeAt(i + 2) : 0;
    seen |= a | b | c;
    view.setInt32(first + i, (a << 24) | (b << 16) | (c << 8));
  }
  return seen;
}

/** The text of up to 16 bytes with their padding, which is whole words; undefined where any of them is not ASCII. */
export function readShortAscii(view: DataView, at: number, length: number): string | undefined {
  if (length === 0) return "";
  const a = view.getInt32(at);
  const b = length > 4 ? view.getInt32(at + 4) : 0;
  const c = length > 8 ? view.getInt32(at + 8) : 0;
  const d = length > 12 ? view.getInt32(at + 12) : 0;
  if (((a | b | c | d) & HIGH_BITS) !== 0) return undefined;
  // Of those the compiler makes what a case needs.
  const a0 = a >> 24;
  const a1 = (a >> 16) & 0x7f;
  const a2 = (a >> 8) & 0x7f;
  const a3 = a & 0x7f;
  const b0 = b >> 24;
  const b1 = (b >> 16) & 0x7f;
  const b2 = (b >> 8) & 0x7f;
  const b3 = b & 0x7f;
  const c0 = c >> 24;
  const c1 = (c >> 16) & 0x7f;
  const c2 = (c >> 8) & 0x7f;
  const c3 = c & 0x7f;
  const d0 = d >> 24;
  const d1 = (d >> 16) & 0x7f;
  const d2 = (d >> 8) & 0x7f;
  const d3 = d & 0x7f;
  // One call with all of them makes the string at once; one more for each would make as many strings.
  const char = String.fromCharCode;
  switch (length) {
    case 1:
      return char(a0);
    case 2:
      return char(a0, a1);
    case 3:
      return char(a0, a1, a2);
    case 4:
      return char(a0, a1, a2, a3);
    case 5:
      return char(a0, a1, a2, a3, b0);
    case 6:
      return char(a0, a1, a2, a3, b0, b1);
    case 7:
      return char(a0, a1, a2, a3, b0, b1, b2);
    case 8:
      return char(a0, a1, a2, a3, b0, b1, b2, b3);
    case 9:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0);
    case 10:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1);
    case 11:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2);
    case 12:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3);
    case 13:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0);
    case 14:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1);
    case 15:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2);
    case 16:
      return char(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3);
    default:
      return undefined;
  }
}
