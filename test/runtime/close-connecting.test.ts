import assert from "node:assert/strict";
import { once } from "node:events";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { type ConnectOptions, type RpcConnection, connect } from "../../src/runtime/index.ts";
import { RawServer, denyAuth, until } from "./raw-server.ts";
import { ECHO, PROGRAM, RawPeer, SERVICE, VERSION, words } from "./support.ts";
import { startTls } from "./tls-support.ts";

/** SUCCESS with a string. */
function text(request: Buffer, value: string): Buffer {
  const padding = Buffer.alloc((4 - (value.length % 4)) % 4);
  return Buffer.concat([request.subarray(0, 4), words(1, 0, 0, 0, 0, value.length), Buffer.from(value), padding]);
}

describe("runtime: close() while the connection is made again", () => {
  let server: RawServer;
  /** Sockets of the client. */
  const sockets: Socket[] = [];
  const made = (message: unknown): void => {
    sockets.push((message as { socket: Socket }).socket);
  };

  beforeEach(async () => {
    server = await RawServer.listen();
    sockets.length = 0;
    subscribe("net.client.socket", made);
  });

  afterEach(async () => {
    unsubscribe("net.client.socket", made);
    await server.close();
  });

  const accept = async (): Promise<RawPeer> => RawPeer.over(await server.nextSocket());

  /** Closes it while an attempt waits for this peer, which says nothing more. */
  const closeDuring = async (connection: RpcConnection, silent: RawPeer, calling: Promise<unknown>): Promise<void> => {
    const closed = once(silent.socket, "close");
    const rejected = assert.rejects(calling, { code: "RPC_CLOSED" });
    await connection.close();
    await rejected;
    // Without a turn of 25 s: sockets keep the process alive, and what waits for them does.
    await until(() => sockets.every((socket) => socket.closed));
    await closed;
  };

  const over = (options: ConnectOptions): ConnectOptions => ({ host: "127.0.0.1", port: server.port, ...options });

  /** A connection in clear to a server that offers no TLS, and is lost; and the attempt that a call begins. */
  const lost = async (): Promise<[RpcConnection, Promise<RawPeer>, Promise<number>]> => {
    const first = accept();
    const connecting = connect(SERVICE, over({ tls: "opportunistic" }));
    const peer = await first;
    peer.send(denyAuth(await peer.receive(), 2));
    const connection = await connecting;
    peer.socket.destroy();
    await until(() => !connection.connected);
    const next = accept();
    return [connection, next, connection.call(ECHO, 1)];
  };

  it("and the server does not say whether it speaks TLS", async () => {
    const [connection, next, calling] = await lost();
    const silent = await next;
    await silent.receive();
    await closeDuring(connection, silent, calling);
  });

  it("and the server does not make the handshake that it has promised", async () => {
    const [connection, next, calling] = await lost();
    const silent = await next;
    silent.send(startTls((await silent.receive()).readUInt32BE()));
    await once(silent.socket, "data"); // the ClientHello
    await closeDuring(connection, silent, calling);
  });

  it("and the portmapper does not answer", async () => {
    const service = await RawServer.listen();
    const asked = accept();
    const accepted = service.nextSocket();
    const portmap = { host: "127.0.0.1", port: server.port };
    const connecting = connect(
      { program: PROGRAM, version: VERSION },
      { host: "127.0.0.1", transport: "tcp", portmap },
    );
    const portmapper = await asked;
    portmapper.send(text(await portmapper.receive(), `127.0.0.1.${service.port >> 8}.${service.port & 0xff}`));
    const connection = await connecting;
    (await accepted).destroy();
    await until(() => !connection.connected);
    const next = accept();
    const calling = connection.call(ECHO, 1);
    const silent = await next;
    await silent.receive();
    await closeDuring(connection, silent, calling);
    await service.close();
  });

  it("and the attempt has only begun", async () => {
    const [connection, , calling] = await lost();
    const rejected = assert.rejects(calling, { code: "RPC_CLOSED" });
    await connection.close();
    await rejected;
    await until(() => sockets.every((socket) => socket.closed));
  });
});
