/** Registration apart from the server: in the primary of a cluster, or for sockets that others have made. */
import { RpcAddress, type TransportName, isNetid } from "../address.ts";
import { RpcError } from "../error.ts";
import type { Portmap } from "./portmap.ts";
import { type NamedService, Registration } from "./register.ts";

/** Where a service is reached, as `listen` returns it, also when it came as JSON from another process. */
export interface ServiceAddress {
  readonly netid: TransportName;
  readonly host: string;
  readonly port: number;
  /** Path of the UNIX socket. */
  readonly path: string;
}

/** Whether and where to register. */
export interface RegisterOptions {
  /** Default `auto`. */
  readonly portmap?: Portmap;
  /** Takes the place of a live server that is registered for the same service. Default false. */
  readonly replace?: boolean;
}

/** The entries of services in this host's portmapper, which stay until `remove`, whoever of the servers comes and goes. */
export class ServiceRegistration {
  readonly #registration: Registration | undefined;

  /** From `registerServices`. */
  constructor(registration: Registration | undefined) {
    this.#registration = registration;
  }

  /** Whether a portmapper has the entries: not with `off`, nor where `auto` found none. */
  get registered(): boolean {
    return this.#registration !== undefined;
  }

  /** Takes the entries back, those of them that nobody has replaced. Idempotent; never rejects. */
  async remove(): Promise<void> {
    await this.#registration?.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

/**
 * Registers services that other processes serve, such as the workers of a cluster, for as long as this process says.
 * Rejects with `RPC_PROGALREADYREGISTERED` or `RPC_RPCBFAILURE`, and then has registered nothing.
 * @param services what `rpcService` and the generated `…Service` functions return, or their numbers
 * @param addresses of all processes together: the same from each counts once, and those that portmappers have no name for do not
 */
export async function registerServices(
  services: readonly NamedService[],
  addresses: readonly ServiceAddress[],
  options: RegisterOptions = {},
): Promise<ServiceRegistration> {
  const distinct = new Map<string, RpcAddress>();
  for (const { netid, host, port, path } of addresses) {
    if (!isNetid(netid)) continue;
    const address = netid === "local" ? RpcAddress.local(path) : RpcAddress.inet(netid, host, port);
    distinct.set(String(address), address);
  }
  return new ServiceRegistration(await register(services, [...distinct.values()], options));
}

/** The same for a server. Undefined where nothing is registered. */
export async function register(
  services: readonly NamedService[],
  addresses: readonly RpcAddress[],
  { portmap = "auto", replace = false }: RegisterOptions,
): Promise<Registration | undefined> {
  if (portmap === "off") return undefined;
  const registration = await Registration.make(services, addresses, { portmap, replace });
  if (registration !== undefined) return registration;
  if (portmap !== "auto") throw new RpcError("RPC_RPCBFAILURE", "there is no portmapper to register with");
  process.emitWarning("no portmapper answers on this host: the service is reached by its port or path alone", {
    code: "TSRPC_NO_PORTMAPPER",
    detail: 'Start rpcbind or tsrpcbind before the server, or say portmap: "off".',
  });
  return undefined;
}
