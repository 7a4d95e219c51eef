/** The portmapper, to run inside of a program: in a test, or beside servers that want no daemon. */
export { Portmapper } from "./portmapper.ts";
export type { PortmapperAddress, PortmapperOptions } from "./portmapper.ts";
export { DEFAULT_REGISTRY_LIMITS, Registry } from "./registry.ts";
export type { Mapping, Registration, RegistryLimits } from "./registry.ts";
