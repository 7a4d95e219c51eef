/** The portmapper, to run inside of a program: in a test, or beside servers that want no daemon. */
export { Portmapper } from "./portmapper.ts";
export type { PortmapperAddress, PortmapperOptions } from "./portmapper.ts";
export type { AccessOptions } from "./access.ts";
export type { CallOrigin, PortmapperEvent, PortmapperEventListener, RefusalReason } from "./events.ts";
export { DEFAULT_INDIRECT_DENY, type IndirectOptions } from "./indirect.ts";
export type { OwnerProcess } from "./owner-process.ts";
export type { PruneOptions } from "./prune.ts";
export { DEFAULT_REGISTRY_LIMITS, Registry } from "./registry.ts";
export type { Mapping, Registration, RegistryLimits, RegistryWatcher } from "./registry.ts";
export { Statistics } from "./statistics.ts";
