/** The client's way from a connection in clear to TLS on it: RFC 9289 section 4.1. */
import { type Socket, isIP } from "node:net";
import { type TLSSocket, checkServerIdentity, connect as connectTls } from "node:tls";
import type { RpcAddress } from "../address.ts";
import { TLS_PROBE, isStartTls } from "../auth/tls.ts";
import { RpcError, reason } from "../error.ts";
import type { ReadSocket } from "./placed-reads.ts";
import { type ProbedService, probe } from "./probe.ts";
import type { RecordLimits } from "./record-marking.ts";
import { type ClientTlsOptions, TLS_ALPN, TLS_VERSION, type TlsMode } from "./tls-options.ts";

/** What is asked for, of whom. */
export interface StartTls {
  /** The program whose NULL procedure carries the question. */
  readonly service: ProbedService;
  /** Whom the certificate is to name, where the options name nobody. */
  readonly host: string;
  readonly tls: ClientTlsOptions & { readonly mode: Exclude<TlsMode, "off"> };
}

/**
 * Asks, and makes the handshake. Gives the socket back where the server offers no TLS and it is not required. Rejects with
 * `RPC_CANTCONNECT`, in both modes also where the handshake fails: who asks for TLS and gets a wrong certificate is not to go on in clear.
 */
export async function startTls(
  over: ReadSocket,
  to: RpcAddress,
  { service, host, tls }: StartTls,
  records: RecordLimits,
): Promise<ReadSocket> {
  const failed = (message: string, cause?: unknown): RpcError =>
    new RpcError("RPC_CANTCONNECT", `can't connect: ${message}`, { peer: to, cause });
  let refusal: RpcError | string | undefined;
  try {
    refusal = await ask(over, to, service, records);
  } catch (cause) {
    throw failed(`no proper answer to whether the server speaks TLS: ${reason(cause)}`, cause);
  }
  if (refusal !== undefined) {
    if (tls.mode !== "required") return over;
    throw failed(`TLS is required, and the server does not offer it: ${reason(refusal)}`, refusal);
  }
  try {
    return { socket: await handshake(over.socket, host, tls), reads: undefined };
  } catch (cause) {
    throw failed(`the TLS handshake failed: ${reason(cause)}`, cause);
  }
}

/** Undefined where the server offers TLS, else why it does not. */
async function ask(
  over: ReadSocket,
  peer: RpcAddress,
  service: StartTls["service"],
  records: RecordLimits,
): Promise<RpcError | string | undefined> {
  const { error, verifier } = await probe(over, peer, service, TLS_PROBE, records);
  // Whatever else an accepted reply says: the program may be another one's, or none.
  if (verifier !== undefined && isStartTls(verifier)) return undefined;
  if (error?.code === "RPC_CANTDECODERES") throw error;
  return error ?? "its answer has no STARTTLS";
}

function handshake(socket: Socket, host: string, options: ClientTlsOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { servername, checkServerIdentity: check = checkServerIdentity, ...rest } = options;
    const name = certificateName(servername ?? host);
    const secure = connectTls({
      ...rest,
      ...(isIP(name) === 0 ? { servername: name } : {}), // an address is no name for SNI
      rejectUnauthorized: options.rejectUnauthorized ?? true,
      checkServerIdentity: (named, certificate) => {
        try {
          return check(named, certificate);
        } catch (error) {
          return error instanceof Error ? error : new Error(String(error)); // Node would end the process
        }
      },
      host: name,
      socket,
      ALPNProtocols: [TLS_ALPN],
      minVersion: TLS_VERSION,
      maxVersion: TLS_VERSION,
    });
    const fail = (error: Error): void => {
      secure.destroy();
      reject(error);
    };
    const ended = (): void => {
      fail(new Error("the server closed the connection"));
    };
    secure.once("error", fail).once("close", ended);
    secure.once("secureConnect", () => {
      secure.off("error", fail).off("close", ended);
      if (secure.alpnProtocol !== TLS_ALPN) {
        // RFC 9289 section 5: a session for something else is none for RPC.
        fail(new Error(`the server did not agree to ALPN ${TLS_ALPN}`));
        return;
      }
      // What goes wrong below concerns who is above.
      socket.on("error", (error) => secure.destroy(error));
      resolve(secure);
    });
  });
}

/** The host as certificates have it: without the zone of an address, and the dot that ends an absolute name. */
function certificateName(host: string): string {
  const [address = host] = host.split("%");
  return isIP(address) === 0 ? host.replace(/\.$/, "") : address;
}
