import { filesUnder } from "./stamp.mjs";

/** The addon's sources, relative to the root. */
export function nativeSources() {
  return filesUnder("native/src").filter((file) => /\.(cc|h)$/.test(file));
}
