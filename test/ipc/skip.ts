import type { Context } from "mocha";
import { whyNoAddon } from "../native/addon.ts";
import { whyNoPeer } from "./c-peer.ts";

/** For `before`: skips what needs the addon and a peer in C, where one of them is missing. */
export function skipWithoutAddonAndPeer(this: Context): void {
  skipFor(this, whyNoAddon() ?? whyNoPeer());
}

/** Skips, where there is a reason, and says it. */
export function skipFor(context: Context, reason: string | undefined): void {
  if (reason === undefined) return;
  console.log(`      skipped: ${reason}`);
  context.skip();
}
