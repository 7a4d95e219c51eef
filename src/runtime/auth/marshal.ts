import type { XdrWriter } from "../../xdr/index.ts";
import { MAX_AUTH_BYTES } from "../gen/rpc_msg.ts";
import type { AuthCall, ClientAuth } from "./flavor.ts";

/** Flavor and length, twice, and one body that is as long as it may be: no part of less is too long. */
const MAY_BE_TOO_LONG = 16 + MAX_AUTH_BYTES;

/** Has a flavor write a call's credential and verifier. Throws a `RangeError` where one is longer than any server reads. */
export function marshalAuth(w: XdrWriter, auth: ClientAuth, call: AuthCall): void {
  const start = w.length;
  auth.marshal(w, call);
  if (w.length - start <= MAY_BE_TOO_LONG) return;
  const written = w.bytes().subarray(start);
  const view = new DataView(written.buffer, written.byteOffset, written.byteLength);
  let at = 0;
  for (const part of ["credential", "verifier"]) {
    const bytes = at + 8 <= written.length ? view.getUint32(at + 4) : 0;
    if (bytes > MAX_AUTH_BYTES)
      throw new RangeError(`the flavor ${auth.flavor} has a ${part} of ${bytes} bytes, more than ${MAX_AUTH_BYTES}`);
    at += 8 + Math.ceil(bytes / 4) * 4;
  }
}
