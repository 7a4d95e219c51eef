/** The server's udp sockets, of one process and of several that share a port. */
import { type Socket, type SocketOptions, createSocket } from "node:dgram";
import { once } from "node:events";
import { DatagramTransport } from "./transport/datagram.ts";
import { whyNoPrimitives } from "./transport/native.ts";
import type { Transport } from "./transport/transport.ts";

/** What a udp socket is bound to. */
export interface UdpBinding {
  /** Numeric. */
  readonly host: string;
  readonly port: number;
  /** By SO_REUSEPORT: each process that binds the port so gets a share of the clients. */
  readonly reusePort: boolean;
}

/** A bound udp socket, before it serves: the addon's, or Node's. */
export interface BoundUdp {
  /** Joins a multicast group on an interface, as Node's `addMembership`. */
  addMembership(group: string, on?: string): void;
  receiveBufferBytes: number;
  /** Makes it a transport, which owns it. */
  serve(maxMessageBytes: number): Transport;
  close(): void;
}

/** Binds a socket of one family alone. Rejects with the system's error, or with one that says what is missing. */
export async function bindUdp(netid: "udp" | "udp6", binding: UdpBinding): Promise<BoundUdp> {
  const { host, port, reusePort } = binding;
  // `bind` would cut a larger number to 16 bits, and so listen where nobody said.
  if (!(Number.isInteger(port) && port >= 0 && port <= 0xffff)) throw new RangeError(`${port} is no port`);
  if (whyNoPrimitives() === undefined) {
    const { UdpBatchSocket, boundSocket } = await import("./transport/udp/transport.ts");
    return boundSocket(UdpBatchSocket.bind({ ipv6: netid === "udp6", address: host, port, reusePort }), netid);
  }
  return nodeSocket(await bindNode(netid, binding), netid);
}

/** Takes over a bound socket of another's. Rejects with the system's error; then the descriptor stays the caller's. */
export async function adoptUdp(netid: "udp" | "udp6", fd: number): Promise<BoundUdp> {
  if (whyNoPrimitives() === undefined) {
    const { UdpBatchSocket, boundSocket } = await import("./transport/udp/transport.ts");
    const socket = UdpBatchSocket.adopt(fd);
    try {
      if (socket.ipv6 !== (netid === "udp6")) throw new Error(`it is no socket of ${netid}`);
      socket.tellDestination();
      return boundSocket(socket, netid);
    } catch (error) {
      socket.release();
      throw error;
    }
  }
  const socket = createSocket(netid === "udp" ? "udp4" : "udp6");
  return nodeSocket(
    await listening(socket, () => {
      socket.bind({ fd, exclusive: true });
    }),
    netid,
  );
}

/** The largest number that the system call takes. */
const MAX_BUFFER_BYTES = 0x7fff_ffff;

/** Asks the system for a larger buffer of what waits to be read. It gives what it allows, and a larger one of before stays. */
export function widenReceiveBuffer(socket: BoundUdp, bytes: number | undefined): void {
  if (bytes === undefined) return;
  try {
    if (socket.receiveBufferBytes < bytes) socket.receiveBufferBytes = Math.min(bytes, MAX_BUFFER_BYTES);
  } catch {
    // BSD's gives nothing where it allows less.
  }
}

function nodeSocket(socket: Socket, netid: "udp" | "udp6"): BoundUdp {
  return {
    addMembership: (group, on) => {
      socket.addMembership(group, on);
    },
    get receiveBufferBytes(): number {
      return socket.getRecvBufferSize();
    },
    set receiveBufferBytes(bytes) {
      socket.setRecvBufferSize(bytes);
    },
    serve: (maxMessageBytes) => new DatagramTransport(socket, netid, maxMessageBytes, undefined),
    close: () => {
      socket.close();
    },
  };
}

async function bindNode(netid: "udp" | "udp6", { host, port, reusePort }: UdpBinding): Promise<Socket> {
  if (reusePort && !nodeSharesUdpPorts()) {
    throw new Error(
      `processes can't share a udp port here: Node ${process.versions.node} has no reusePort (22.12 and 23.1 do), and ` +
        "there is no native addon for Linux, which does without",
    );
  }
  // Node's types know `reusePort` from version 22.12 on.
  const options: SocketOptions & { readonly reusePort?: boolean } = {
    type: netid === "udp" ? "udp4" : "udp6",
    ipv6Only: netid === "udp6",
    reusePort,
  };
  const socket = createSocket(options);
  return listening(socket, () => {
    // Not by the cluster's primary, whose one socket would give each datagram to whichever worker is first.
    socket.bind({ address: host, port, exclusive: true });
  });
}

/** Whether dgram has `reusePort`: versions that lack it ignore it without a word. */
function nodeSharesUdpPorts(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

async function listening(socket: Socket, bind: () => void): Promise<Socket> {
  try {
    const told = once(socket, "listening"); // for a descriptor it is told before `bind` returns
    told.catch(() => undefined); // where `bind` throws, nobody waits for it
    bind();
    await told;
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
