/** The server's side of RPC-with-TLS (RFC 9289): who is offered it, who needs it, and the handshake. */
import type { Socket } from "node:net";
import { type Server, type TLSSocket, createServer } from "node:tls";
import { netidOf } from "./address.ts";
import { AUTH_TLS, STARTTLS } from "./auth/tls.ts";
import type { AuthDecision } from "./auth/flavor.ts";
import type { AuthStatName } from "./error.ts";
import { AuthFlavorNumber } from "./gen/rpc_msg.ts";
import type { IncomingCall } from "./incoming-call.ts";
import { StreamTransport } from "./transport/stream.ts";
import { type ServerTlsOptions, TLS_ALPN, TLS_VERSION, type TlsMode, tlsOptions } from "./transport/tls-options.ts";

/** A handshake that has begun. */
interface Handshake {
  done(socket: TLSSocket): void;
  failed(error: Error): void;
}

/** Decides about each call in front of its credentials, and makes connections secure. */
export class ServerTls {
  #mode: TlsMode = "off";
  #server: Server | undefined;
  /** By both ends' addresses: all that a secure socket and the one below it have in common. */
  readonly #handshakes = new Map<string, Handshake>();

  constructor(options?: ServerTlsOptions) {
    if (options !== undefined) this.set(options);
  }

  /** From here on. Throws for what is not whole, and then all stays as it was. */
  set(options: ServerTlsOptions): void {
    const { mode, ...rest } = tlsOptions(options);
    this.#server = mode === "off" ? undefined : this.#serverOf(rest);
    this.#mode = mode;
  }

  /** Undefined where TLS has nothing to say of the call. */
  decide(call: IncomingCall): AuthDecision | Promise<AuthDecision> | undefined {
    if (call.credential.flavor === AUTH_TLS) return this.#answer(call);
    // A UNIX socket does not leave this host.
    if (this.#mode === "required" && !call.encrypted && netidOf(call.transport) !== "local")
      return reject("AUTH_TOOWEAK");
    return undefined;
  }

  #answer(call: IncomingCall): AuthDecision | Promise<AuthDecision> | undefined {
    const { over, served } = call;
    const server = this.#server;
    if (call.encrypted) return reject("AUTH_BADCRED");
    if (server === undefined || !(over instanceof StreamTransport) || !over.canUpgrade) return undefined;
    // RFC 9289 section 4.1.
    if (call.procedure !== 0 || call.credential.body.length > 0) return reject("AUTH_BADCRED");
    const { flavor, body } = call.verifier;
    if (flavor !== AuthFlavorNumber.AUTH_NONE || body.length > 0) return reject("AUTH_BADVERF");
    over.expectUpgrade();
    const decision: AuthDecision = {
      kind: "answer",
      verifier: STARTTLS,
      sent: () => {
        void over.upgrade((socket) => this.#wrap(server, socket));
      },
    };
    // What was called in clear is answered in clear: its replies must not pass for those of the secure connection.
    return served.running === 0 ? decision : served.idle().then(() => decision);
  }

  #wrap(server: Server, socket: Socket): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const key = keyOf(socket);
      const ended = (): void => {
        handshake.failed(new Error("the connection ended during the TLS handshake"));
      };
      const release = (): void => {
        this.#handshakes.delete(key);
        socket.off("close", ended);
      };
      const handshake: Handshake = {
        done: (secure) => {
          release();
          resolve(secure);
        },
        failed: (error) => {
          release();
          reject(error);
        },
      };
      this.#handshakes.set(key, handshake);
      socket.once("close", ended);
      server.emit("connection", socket);
    });
  }

  #serverOf(options: Omit<ServerTlsOptions, "mode">): Server {
    if (
      options.pfx === undefined &&
      options.SNICallback === undefined &&
      (options.cert === undefined || options.key === undefined)
    ) {
      throw new TypeError("the TLS of a server needs cert and key, or pfx");
    }
    // It listens to nothing: it makes what Node's own servers make of the connections that it is handed.
    const { SNICallback: choose, ...rest } = options;
    const server = createServer({
      ...rest,
      ...(choose !== undefined && { SNICallback: settled(choose) }),
      ALPNProtocols: [TLS_ALPN],
      minVersion: TLS_VERSION,
      maxVersion: TLS_VERSION,
    });
    server.on("secureConnection", (secure) => {
      const handshake = this.#handshakes.get(keyOf(secure));
      // One that offers no protocol gets through the handshake.
      if (handshake !== undefined && secure.alpnProtocol === TLS_ALPN) {
        handshake.done(secure);
        return;
      }
      handshake?.failed(new Error(`the client did not offer ALPN ${TLS_ALPN}`));
      secure.destroy();
    });
    server.on("tlsClientError", (error, secure) => {
      this.#handshakes.get(keyOf(secure))?.failed(error);
      secure.destroy();
    });
    return server;
  }
}

/** As Node has it, or as an async function. */
type SniCallback = (...given: Parameters<NonNullable<ServerTlsOptions["SNICallback"]>>) => unknown;

/** One that throws, or is an async function that rejects, fails its own handshake: the name is whatever a client says. */
function settled(choose: SniCallback): NonNullable<ServerTlsOptions["SNICallback"]> {
  return (name, done) => {
    const failed = (error: unknown): void => {
      done(error instanceof Error ? error : new Error(String(error)));
    };
    try {
      const chosen = choose(name, done);
      if (chosen instanceof Promise) chosen.catch(failed);
    } catch (error) {
      failed(error); // not every version of Node catches it
    }
  };
}

function reject(authStat: AuthStatName): AuthDecision {
  return { kind: "reject", authStat };
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return [localAddress, localPort, remoteAddress, remotePort].join(" ");
}
