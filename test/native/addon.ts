import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Where the door to the addon lies, for tests that load it afresh. */
export const nativeUrl: string = new URL("../../src/runtime/transport/native.js", import.meta.url).href;

/** Why the addon can't be used in this run, or undefined. A built addon that does not load is a failure, not a reason. */
export function whyNoAddon(): string | undefined {
  if (process.env.TSRPC_NO_NATIVE === "1") return "the addon is hidden (TSRPC_NO_NATIVE=1)";
  const built = new URL("../../../native/build/Release/tsrpcgen.node", import.meta.url);
  return existsSync(built) ? undefined : "the addon is not built here";
}

/** What the addon has for tcp sockets, past the door: that has no way to read what it sets. */
export function tcpAddon(): {
  readonly setTcpUserTimeout: (fd: number, ms: number) => true;
  readonly tcpUserTimeout: (fd: number) => number;
} {
  const built = new URL("../../../native/build/Release/tsrpcgen.node", import.meta.url);
  return createRequire(import.meta.url)(fileURLToPath(built)) as ReturnType<typeof tcpAddon>;
}
