import { RpcError } from "../../runtime/index.ts";
import { systemCode } from "../../runtime/error.ts";

/** Why tsrpcbind can't listen, and what helps. */
export function listenError(error: unknown, port: number): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = systemCode(error instanceof RpcError ? error.cause : error);
  if (code === "EACCES" || code === "EPERM") {
    // libuv says so of a folder that is not there, too.
    if (error instanceof RpcError && error.peer?.netid === "local")
      return `the folder of the UNIX socket is not there, or may not be written to: --socket takes another path (${message})`;
    const why = port > 0 && port < 1024 ? `: port ${port} takes root, or another with --port` : "";
    return `permission denied${why} (${message})`;
  }
  if (code === "EADDRINUSE")
    return `the address is in use: is another portmapper running? --port takes another (${message})`;
  return message;
}
