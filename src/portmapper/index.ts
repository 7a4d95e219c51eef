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
export { MAX_STATE_BYTES, STATE_FILE, type StateOptions } from "./state.ts";
export { Statistics } from "./statistics.ts";
export { RpcbindClient } from "../runtime/rpcbind/rpcbind-client.ts";
export type { RpcbindConnectOptions } from "../runtime/rpcbind/rpcbind-client.ts";
export type {
  LookupCount,
  PortmapEntry,
  RemoteCallCount,
  RpcbindEntry,
  RpcbindQuestion,
  RpcbindRegistration,
  RpcbindStats,
  RpcbindVersionStats,
  RpcbindWay,
  TransportAddress,
} from "../runtime/rpcbind/rpcbind-types.ts";
export type { RpcbindV2 } from "../runtime/rpcbind/rpcbind-v2.ts";
export type { RemoteResult, RpcbindV3, RpcbindV4 } from "../runtime/rpcbind/rpcbind-v3.ts";
