import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/*
 * Packets as a capture would have them, from relays that see the bytes: capturing takes a kernel that lets us,
 * and not every container has one.
 */

const IPPROTO = { tcp: 6, udp: 17 } as const;
const LINKTYPE_RAW = 101;
const PSH_ACK = 0x18;

/** A capture file in the making. */
export class Pcap {
  readonly #packets: Buffer[] = [];
  readonly #relays: (() => void)[] = [];
  #nextClient = 40_000;

  /** The file. */
  bytes(): Buffer {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(65_535, 16);
    header.writeUInt32LE(LINKTYPE_RAW, 20);
    return Buffer.concat([header, ...this.#packets]);
  }

  /** Ends the relays. */
  close(): void {
    for (const end of this.#relays) end();
  }

  /** A port that leads to another of this host, by tcp; what passes is recorded as on `shownPort`. */
  async relayTcp(port: number, shownPort: number): Promise<number> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect({ host: "127.0.0.1", port });
      const clientPort = this.#nextClient++;
      const sent = { client: 1, server: 1 };
      const pass = (from: Socket, to: Socket, side: "client" | "server"): void => {
        sockets.add(from);
        from.on("data", (chunk: Buffer) => {
          const other = side === "client" ? "server" : "client";
          const header = Buffer.alloc(20);
          header.writeUInt32BE(sent[side], 4);
          header.writeUInt32BE(sent[other], 8);
          header.writeUInt16BE(0x5000 | PSH_ACK, 12);
          header.writeUInt16BE(65_535, 14);
          sent[side] += chunk.length;
          this.#record("tcp", header, chunk, side === "client" ? [clientPort, shownPort] : [shownPort, clientPort]);
          to.write(chunk);
        });
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
      };
      pass(client, upstream, "client");
      pass(upstream, client, "server");
    });
    await once(server.listen({ host: "127.0.0.1", port: 0 }), "listening");
    this.#relays.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return (server.address() as AddressInfo).port;
  }

  /** The same by udp, for one client. */
  async relayUdp(port: number, shownPort: number): Promise<number> {
    const front = createSocket("udp4");
    const back = createSocket("udp4");
    const clientPort = this.#nextClient++;
    let client: AddressInfo | undefined;
    const record = (message: Buffer, ports: readonly [number, number]): void => {
      const header = Buffer.alloc(8);
      header.writeUInt16BE(8 + message.length, 4);
      this.#record("udp", header, message, ports);
    };
    front.on("message", (message, from) => {
      client = from;
      record(message, [clientPort, shownPort]);
      back.send(message, port, "127.0.0.1");
    });
    back.on("message", (message) => {
      record(message, [shownPort, clientPort]);
      if (client !== undefined) front.send(message, client.port, client.address);
    });
    await once(front.bind(0, "127.0.0.1"), "listening");
    this.#relays.push(() => {
      front.close();
      back.close();
    });
    return front.address().port;
  }

  #record(protocol: keyof typeof IPPROTO, header: Buffer, data: Buffer, ports: readonly [number, number]): void {
    header.writeUInt16BE(ports[0], 0);
    header.writeUInt16BE(ports[1], 2);
    const ip = Buffer.alloc(20);
    const length = ip.length + header.length + data.length;
    ip[0] = 0x45;
    ip.writeUInt16BE(length, 2);
    ip[8] = 64;
    ip[9] = IPPROTO[protocol];
    ip.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
    const packet = Buffer.alloc(16);
    packet.writeUInt32LE(this.#packets.length, 0);
    packet.writeUInt32LE(length, 8);
    packet.writeUInt32LE(length, 12);
    this.#packets.push(Buffer.concat([packet, ip, header, data]));
  }
}
