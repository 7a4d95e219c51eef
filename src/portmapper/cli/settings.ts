/** What the command line means for the portmapper. */
import { DEFAULT_INDIRECT_DENY, type IndirectOptions } from "../indirect.ts";
import type { PortmapperOptions } from "../portmapper.ts";
import type { PruneOptions } from "../prune.ts";
import type { CliOptions } from "./command-line.ts";
import type { SystemUser } from "./user.ts";

/** Where the state is kept unless a folder is given. */
const DEFAULT_STATE_FOLDER = "/run/tsrpcbind";

/** rpcbind's user with `-s`. */
const DAEMON = "daemon";

/** Whom it is to run as; undefined: as whom it was started. */
export function userOption({ s, user }: CliOptions): string | undefined {
  return user ?? (s === true ? DAEMON : undefined);
}

/** Options of the portmapper, but for those that the command adds by itself. Throws an `Error` for options that do not go together. */
export function settings(options: CliOptions, user: SystemUser | undefined): PortmapperOptions {
  const { port, host, udpHost, socket, allow, longUdpReplies, maxConnections, idleTimeout } = options;
  const { maxEntries, maxEntriesPerOwner, warmStart, stateDir } = options;
  return {
    port,
    ...(host !== undefined && { host }),
    ...(udpHost !== undefined && { udpHosts: udpHost }),
    ...(socket !== undefined && { socket }),
    ...(allow !== undefined && { allow }),
    ...(longUdpReplies !== undefined && { longUdpReplies }),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(idleTimeout !== undefined && { connectionIdleTimeoutMs: idleTimeout * 1000 }),
    insecure: options.insecure === true,
    limits: {
      ...(maxEntries !== undefined && { maxEntries }),
      ...(maxEntriesPerOwner !== undefined && { maxEntriesPerOwner }),
    },
    indirect: indirect(options),
    prune: prune(options),
    ...((warmStart === true || stateDir !== undefined) && {
      state: { folder: stateDir ?? DEFAULT_STATE_FOLDER, ...(user !== undefined && { uid: user.uid, gid: user.gid }) },
    }),
    tellCalls: options.logCalls === true || options.debug === true,
  };
}

function indirect({ indirect, indirectDeny, indirectRate }: CliOptions): boolean | IndirectOptions {
  if (indirect !== true) {
    if (indirectDeny !== undefined) throw new Error("--indirect-deny says nothing without -r");
    if (indirectRate !== undefined) throw new Error("--indirect-rate says nothing without -r");
    return false;
  }
  return {
    ...(indirectDeny !== undefined && { deny: [...DEFAULT_INDIRECT_DENY, ...indirectDeny] }),
    ...(indirectRate !== undefined && { maxPerSecond: indirectRate }),
  };
}

function prune({ prune, pruneInterval }: CliOptions): boolean | PruneOptions {
  return pruneInterval !== undefined ? { intervalMs: pruneInterval * 1000 } : prune === true;
}
