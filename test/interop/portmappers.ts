import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { C_TOOLS, RPCBIND_PORT, RPCBIND_SOCKET, missing, skipSuite, takesConnections } from "./namespace.ts";
import type { Needs } from "./namespace.ts";
import { Running } from "./process.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** A portmapper to run the same tests against, at port 111 and /run/rpcbind.sock. */
export interface PortmapperKind {
  readonly name: string;
  readonly needs: Needs;
  /** Starts it, with flags of rpcbind's. */
  readonly start: (flags?: readonly string[]) => Promise<Running>;
}

export const OURS: PortmapperKind = {
  name: "tsrpcbind",
  needs: { namespace: true },
  start: async (flags = []) => {
    const running = new Running(process.execPath, [join(ROOT, "bin/tsrpcbind.js"), ...flags]);
    await running.line((line) => line.startsWith("tsrpcbind: listening"));
    return running;
  },
};

export const REAL: PortmapperKind = {
  name: "rpcbind",
  needs: { namespace: true, root: true, commands: { rpcbind: "rpcbind" } },
  start: realRpcbind,
};

/** Starts the real rpcbind, with flags beside `-f`. */
export async function realRpcbind(flags: readonly string[] = []): Promise<Running> {
  const running = new Running(existsSync("/usr/sbin/rpcbind") ? "/usr/sbin/rpcbind" : "rpcbind", ["-f", ...flags]);
  await takesConnections(RPCBIND_PORT);
  return running;
}

/**
 * Declares the same tests once for each portmapper, with the C tools at hand.
 *
 * @param also - Commands that the tests need beside, each by its Debian package.
 * @param flags - Options of the portmapper.
 */
export function withEachPortmapper(
  title: string,
  tests: () => void,
  also: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): void {
  for (const kind of [OURS, REAL]) {
    const start = (): Promise<Running> => kind.start(flags);
    withPortmapper({ ...kind, start }, `${title}, with ${[kind.name, ...flags].join(" ")}`, tests, also);
  }
}

/** Declares tests that need some portmapper, with the C tools at hand. */
export function withPortmapper(
  { needs, start }: PortmapperKind,
  title: string,
  tests: () => void,
  also: Readonly<Record<string, string>> = {},
): void {
  describe(`interop: ${title}`, function () {
    this.timeout(60_000);
    let running: Running | undefined;
    before(async function () {
      const reason = await missing({ ...needs, commands: { ...C_TOOLS, ...also, ...needs.commands } });
      if (reason !== undefined) skipSuite(this, reason);
      running = await start();
    });
    after(async () => {
      await running?.end();
    });
    tests();
  });
}

export { RPCBIND_SOCKET };
