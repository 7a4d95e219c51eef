/** Descriptors of Node's sockets, which a test passes to a child. */
import assert from "node:assert/strict";
import { type Socket as UdpSocket, createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import type { Server, Socket } from "node:net";

/** The descriptor of a socket or a server of Node's. */
export function descriptor(owner: Socket | Server): number {
  const { fd } = (owner as unknown as { _handle: { fd: number } })._handle;
  assert(fd > 2);
  return fd;
}

/** A udp socket that is bound to a free port of loopback. */
export async function udpSocket(): Promise<{ socket: UdpSocket; fd: number }> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, fd: udpDescriptor(socket.address().port) };
}

/** The descriptor of this process's udp socket at a port: dgram keeps it to itself. */
export function udpDescriptor(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const tables = ["udp", "udp6"].map((table) => readFileSync(`/proc/self/net/${table}`, "utf8")).join("");
  const row = tables.split("\n").find((line) => line.trim().split(/\s+/)[1]?.endsWith(end));
  const link = `socket:[${row?.trim().split(/\s+/)[9] ?? ""}]`;
  const found = readdirSync("/proc/self/fd").find((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === link;
    } catch {
      return false; // that of the folder itself
    }
  });
  return Number(found);
}
