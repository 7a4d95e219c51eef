/** Text that callers send, and that others are to read: in DUMP, in a log. */

/** Whether a text holds characters that end a C string or steer a terminal: those of ASCII, and those of ISO 6429 above it. */
export function hasControlCharacters(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/** Bytes up to the first NUL as text; empty where they are no UTF-8, which a string of ours can't carry. */
export function readUtf8Prefix(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    return "";
  }
}
