/**
 * The name of a UNIX socket (unix(7)): a path, of at most 107 bytes; or an abstract name (Linux), of at most 107 bytes,
 * which is no file, has no permissions, and is free again when the socket is closed. A name that is no UTF-8 is bytes.
 */
export type UnixAddress = string | { readonly abstract: string | Uint8Array };

const encoder = new TextEncoder();

/** @internal As the addon takes it. */
export function encodeUnixAddress(address: UnixAddress): Uint8Array {
  if (typeof address === "string") {
    // The kernel would take it for an abstract name, or for none.
    if (address === "" || address.includes("\0"))
      throw new TypeError("a socket's path is neither empty nor contains NUL");
    return encoder.encode(address);
  }
  const { abstract } = address;
  const name = typeof abstract === "string" ? encoder.encode(abstract) : abstract;
  const bytes = new Uint8Array(name.length + 1);
  bytes.set(name, 1);
  return bytes;
}

/** @internal `undefined`: a socket without a name. A path that is no UTF-8 has U+FFFD for what can't be read. */
export function decodeUnixAddress(bytes: Uint8Array | undefined): UnixAddress | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (bytes[0] !== 0) return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const name = bytes.slice(1);
  try {
    return { abstract: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name) };
  } catch {
    return { abstract: name };
  }
}
