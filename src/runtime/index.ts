/** The RPC runtime: what a call is (RFC 5531). Generated clients and servers stand on it. */
export { type ActivatedSocket, inheritedSockets } from "./activation.ts";
export { type Netid, type PathTransport, RpcAddress, type SameHostTransport, type TransportName } from "./address.ts";
export type { AnswerReason } from "./answers.ts";
export type { Caller } from "./auth/caller.ts";
export type {
  AuthAccepted,
  AuthCall,
  AuthChannel,
  AuthDecision,
  AuthRequest,
  ClientAuth,
  ServerAuth,
} from "./auth/flavor.ts";
export { authNone } from "./auth/none.ts";
export { type AuthSysOptions, type ServerAuthSysOptions, authSys, serverAuthSys } from "./auth/sys.ts";
export { type BroadcastOptions, type BroadcastReply, broadcast } from "./broadcast.ts";
export { type BroadcastAddressOptions, broadcastAddresses } from "./broadcast-address.ts";
export { RpcClient, callOptions, connectClient } from "./client.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export type { CallOptions, ConnectionOptions, ConnectionStats } from "./connection-options.ts";
export { RpcConnection } from "./connection.ts";
export { type Rejection, type RpcContext, RpcRejection } from "./context.ts";
export type { ClientCallEvent, ServerAnswerEvent, ServerCallEvent } from "./diagnostics.ts";
export type { Guard, HandlerErrorListener } from "./dispatcher.ts";
export type { DuplicateCacheCounters, DuplicateCacheOptions } from "./duplicate-cache.ts";
export type { ServerShmOptions } from "./server-shm.ts";
export { type AuthStatName, RpcError, type RpcErrorCode } from "./error.ts";
export type { AuthsysParms, OpaqueAuth } from "./gen/rpc_msg.ts";
export { type InheritedSocket, inheritedSocket } from "./inherited.ts";
export type {
  ClientCall,
  ClientCallFunction,
  ClientInterceptor,
  ServerCall,
  ServerCallFunction,
  ServerInterceptor,
} from "./interceptor.ts";
export type { ReconnectOptions } from "./link.ts";
export type {
  InetListenOptions,
  ListenTransports,
  LocalListenOptions,
  PathListenOptions,
  UdpListenOptions,
} from "./listen.ts";
export type { MulticastGroup } from "./multicast.ts";
export type { MessageLimits } from "./open-connection.ts";
export {
  type HandlerResult,
  NO_REPLY,
  type RpcMethod,
  type RpcProcedure,
  type RpcProcedureId,
  type RpcService,
  method,
  rpcService,
} from "./procedure.ts";
export type { Portmap, PortmapAddress } from "./rpcbind/portmap.ts";
export type { NamedService } from "./rpcbind/register.ts";
export type { ServiceId } from "./rpcbind/rpcbind-types.ts";
export type { ProcedureCounters, ServiceOptions } from "./router.ts";
export {
  type BoundAddress,
  type ListenOptions,
  type ProcedureStats,
  RpcServer,
  type ServerOptions,
  type ServerStats,
} from "./server.ts";
export {
  type RegisterOptions,
  type ServiceAddress,
  ServiceRegistration,
  registerServices,
} from "./rpcbind/service-registration.ts";
export {
  type SpawnServerOptions,
  type SpawnedServer,
  type StandardStream,
  serveParent,
  spawnServer,
} from "./spawn-server.ts";
export type { PeerCredentials } from "./transport/native.ts";
export type { ClientTlsOptions, ServerTlsOptions, TlsMode } from "./transport/tls-options.ts";
export { formatUaddr, parseUaddr } from "./uaddr.ts";
