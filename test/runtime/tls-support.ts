/** What the tests of TLS share. */
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect as connectTls } from "node:tls";
import { type Identity, TestAuthority } from "./certificates.ts";
import { PROGRAM, RawPeer, VERSION, words } from "./support.ts";

/** Certificates and who has signed them. */
export interface Pki {
  readonly authority: TestAuthority;
  /** Nobody trusts it. */
  readonly stranger: TestAuthority;
  readonly server: Identity;
  readonly client: Identity;
  remove(): void;
}

export function makePki(): Pki {
  const authority = new TestAuthority("tests");
  const stranger = new TestAuthority("stranger");
  return {
    authority,
    stranger,
    server: authority.sign("server", "DNS:localhost,IP:127.0.0.1"),
    client: authority.sign("client", "DNS:client.example"),
    remove: () => {
      authority.remove();
      stranger.remove();
    },
  };
}

/** The probe: NULL with flavor 7, nothing in it, and a verifier that says nothing. */
export function probe(xid: number, procedure = 0): Buffer {
  return words(xid, 0, 2, PROGRAM, VERSION, procedure, 7, 0, 0, 0);
}

/** The answer yes. */
export function startTls(xid: number): Buffer {
  return Buffer.concat([words(xid, 1, 0, 0, 8), Buffer.from("STARTTLS"), words(0)]);
}

/** Goes on over TLS, as a client that leaves out whatever it is told to. Rejects where the server ends it in the handshake. */
export async function secure(peer: RawPeer, options: ConnectionOptions): Promise<TLSSocket> {
  peer.socket.removeAllListeners("data");
  const socket = connectTls({ socket: peer.socket, rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  return socket;
}

/** Resolves when the connection is closed, whatever was the matter. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.on("error", () => undefined).once("close", resolve));
}

/** A listener that hands each connection to a test. */
export async function listen(
  accept: (peer: RawPeer) => unknown,
): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    accept(RawPeer.over(socket));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as { port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
