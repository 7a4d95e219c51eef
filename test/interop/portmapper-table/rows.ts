/** The table: each procedure of each version over each transport, and what of the answers is to differ from rpcbind's. */
import { type Script } from "./row.ts";
import { bombs, indirect, longList, statistics } from "./rows-indirect.ts";
import { conversions, lookups, registrations } from "./rows-registry.ts";

/** All scripts. `port`: that of the service that indirect calls go to. */
export const scripts = (port: number): readonly Script[] => [
  registrations,
  lookups,
  conversions,
  indirect(false, port),
  indirect(true, port),
  bombs,
  longList,
  statistics,
];
