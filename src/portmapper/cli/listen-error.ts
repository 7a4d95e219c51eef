import { RpcError } from "../../runtime/index.ts";
import { systemCode } from "../../runtime/error.ts";

/** Why tsrpcbind can't listen, and what helps. */
export function listenError(error: unknown, port: number): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = systemCode(error instanceof RpcError ? error.cause : error);
  if (code === "EACCES" || code === "EPERM") {
    const why = port > 0 && port < 1024 ? `: port ${port} takes root, or another with --port` : "";
    return `permission denied${why} (${message})`;
  }
  if (code === "EADDRINUSE")
    return `the address is in use: is another portmapper running? --port takes another (${message})`;
  return message;
}
