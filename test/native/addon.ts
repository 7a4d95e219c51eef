import { existsSync } from "node:fs";

/** Where the door to the addon lies, for tests that load it afresh. */
export const nativeUrl: string = new URL("../../src/runtime/transport/native.js", import.meta.url).href;

/** Why the addon can't be used in this run, or undefined. A built addon that does not load is a failure, not a reason. */
export function whyNoAddon(): string | undefined {
  if (process.env.TSRPC_NO_NATIVE === "1") return "the addon is hidden (TSRPC_NO_NATIVE=1)";
  const built = new URL("../../../native/build/Release/tsrpcgen.node", import.meta.url);
  return existsSync(built) ? undefined : "the addon is not built here";
}
