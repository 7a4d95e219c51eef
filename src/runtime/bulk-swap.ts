import { setBulkSwap } from "../xdr/index.ts";
import { nativeSwap } from "./transport/native.ts";

let given = false;

/** Gives the codec the addon's byte swap, which is looked for at the first array that is long enough. */
export function giveBulkSwap(): void {
  if (!given) setBulkSwap(nativeSwap);
  given = true;
}
