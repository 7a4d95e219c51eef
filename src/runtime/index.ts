/** The RPC runtime: what a call is (RFC 5531). Generated clients and servers stand on it. */
export { type ActivatedSocket, inheritedSockets } from "./activation.ts";
export { type Netid, RpcAddress } from "./address.ts";
export { type AuthSysOptions, type Caller, type ClientAuth, authNone, authSys } from "./auth.ts";
export { RpcClient, callOptions, connectClient } from "./client.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export { type CallOptions, type ConnectionOptions, RpcConnection } from "./connection.ts";
export type { Rejection, RpcContext } from "./context.ts";
export type { HandlerErrorListener } from "./dispatcher.ts";
export { type AuthStatName, RpcError, type RpcErrorCode } from "./error.ts";
export type { AuthsysParms } from "./gen/rpc_msg.ts";
export { type InheritedSocket, inheritedSocket } from "./inherited.ts";
export type { InetListenOptions, ListenTransports, LocalListenOptions, UdpListenOptions } from "./listen.ts";
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
export type { ServiceId } from "./rpcbind/rpcbind-client.ts";
export {
  type RegisterOptions,
  type ServiceAddress,
  ServiceRegistration,
  registerServices,
} from "./rpcbind/service-registration.ts";
export { type BoundAddress, type ListenOptions, RpcServer, type ServerOptions } from "./server.ts";
export type { PeerCredentials } from "./transport/native.ts";
export { formatUaddr, parseUaddr } from "./uaddr.ts";
