/**
 * The only door to the native addon. The addon is optional: it is looked for at the first use, and where it is missing
 * each function yields nothing, and one warning (`TSRPC_NATIVE_MISSING`) says what is lost and what still works.
 * @module
 */
import { findAddon } from "../../ipc/addon.ts";
import type { NativeDescriptor } from "../../ipc/handle.ts";
import type { PeerCredentials } from "../../ipc/peer-credentials.ts";
import type { BulkSwap } from "../../xdr/index.ts";

export type { PeerCredentials };

interface NativeAddon extends BulkSwap {
  peerCredentials(fd: number): PeerCredentials;
  duplicateDescriptor(fd: number): number;
  setTcpUserTimeout(fd: number, ms: number): true;
  unixSocket(type: number): NativeDescriptor;
  unixConnect(descriptor: NativeDescriptor, address: Uint8Array): boolean;
  keepFreedMemory(): void;
  sendMessageSync(
    descriptor: NativeDescriptor,
    bytes: Uint8Array,
    to: undefined,
    descriptors: undefined,
    timeoutMs: number,
  ): number;
}

/** A UNIX socket of datagrams, as the addon counts types. */
const DATAGRAM = 1;

let warned = false;
let keepsFreed = false;

/**
 * The credentials of the peer of a connected UNIX socket (`SO_PEERCRED`; `getpeereid` on macOS and BSD).
 * @param fd the socket's descriptor
 * @returns `undefined` where the addon is missing
 * @throws an error with `code`, `errno` and `syscall`: `EBADF`, `ENOTSOCK`, `ENOTCONN`, `EAFNOSUPPORT` (a socket of another
 *   family), `ENOSYS` (a system without such a call)
 */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  return addon()?.peerCredentials(fd);
}

/**
 * Has the process keep up to 64 MiB of memory that was freed, where its allocator is glibc and the environment says nothing of malloc:
 * the pages of a large message that are new cost more than all else.
 */
export function keepFreedMemory(): void {
  if (keepsFreed) return;
  keepsFreed = true;
  quietAddon()?.keepFreedMemory();
}

/**
 * Another descriptor for the same open file, greater than 2 and closed on exec. It is the caller's to close.
 * @returns `undefined` where the addon is missing
 * @throws an error with `code`, `errno` and `syscall`: `EBADF`, `EMFILE`
 */
export function duplicateDescriptor(fd: number): number | undefined {
  return addon()?.duplicateDescriptor(fd);
}

/**
 * How long data may stay unacknowledged until the system gives a tcp connection up, with `ETIMEDOUT` (Linux's TCP_USER_TIMEOUT).
 * @param ms greater than 0
 * @returns false where the system's own time holds: without the addon, which is said nowhere but in the docs, since tcp works as
 *   well as Node's own; on other systems; and of a socket that has ended
 */
export function setTcpUserTimeout(fd: number, ms: number): boolean {
  try {
    return quietAddon()?.setTcpUserTimeout(fd, ms) === true;
  } catch {
    return false;
  }
}

/**
 * Sends one datagram to a UNIX socket, where Node itself can't. The thread waits for room in the receiver's queue.
 * @param address a path; or an abstract name, behind a NUL
 * @returns false without the addon, which is not warned of: the caller has another way
 * @throws an error with `code`, `errno` and `syscall`: `ENOENT`, `ECONNREFUSED`, `EACCES`, `EPROTOTYPE`, `ETIMEDOUT`
 */
export function sendUnixDatagram(address: Uint8Array, bytes: Uint8Array, timeoutMs: number): boolean {
  const native = quietAddon();
  if (native === undefined) return false;
  const socket = native.unixSocket(DATAGRAM);
  try {
    native.unixConnect(socket, address);
    native.sendMessageSync(socket, bytes, undefined, undefined, timeoutMs);
    return true;
  } finally {
    socket.close();
  }
}

/** Why the kernel's IPC can't be used, which the transports within a host are made of; undefined where it can. */
export function whyNoPrimitives(): string | undefined {
  const found = findAddon();
  if (typeof found === "string") return `the native addon is not available (${found})`;
  return process.platform === "linux" ? undefined : `it needs Linux, and this is ${process.platform}`;
}

/** The addon's byte swap of many numbers. Without the addon there is none, which is not warned of: loops do the same. */
export function nativeSwap(): BulkSwap | undefined {
  return quietAddon();
}

function addon(): NativeAddon | undefined {
  const found = findAddon();
  if (typeof found !== "string") return found as NativeAddon;
  if (!warned) warn(found);
  warned = true;
  return undefined;
}

/** For what a program need not be told that it goes without. */
function quietAddon(): NativeAddon | undefined {
  const found = findAddon();
  return typeof found === "string" ? undefined : (found as NativeAddon);
}

function warn(reason: string): void {
  process.emitWarning(`the native addon of tsrpcgen is not available (${reason})`, {
    code: "TSRPC_NATIVE_MISSING",
    detail:
      "Missing without it: the credentials of a UNIX socket's peer, so a registration made over the portmapper's socket " +
      "has no owner; udp services started by inetd; and, where Node itself can't, udp ports that processes share. Calls and services over tcp, udp and local sockets work.",
  });
}
