/**
 * The addon's functions for UNIX sockets.
 * @module
 */
import { addon } from "./addon.ts";
import type { NativeDescriptor, NativeKey } from "./handle.ts";
import { waitOnThread, type WaitNumber, type ThreadCallback } from "./on-thread.ts";
import { encodeUnixAddress, type UnixAddress } from "./unix-address.ts";
import { descriptorNumbers, type Descriptors, type NativeMessage } from "./unix-message.ts";
import { checkWaitOptions, type WaitOptions } from "./wait-options.ts";

/** The types as the addon counts them. */
export const socketTypes = { stream: 0, datagram: 1, seqpacket: 2 } as const;
export type SocketType = keyof typeof socketTypes;

/** Options of SOL_SOCKET as the addon counts them. */
export const socketOptions = { receiveBuffer: 0, sendBuffer: 1, passCredentials: 2, timestamp: 3 } as const;

type Received = number | NativeMessage;

interface UnixSocketFunctions {
  socketpair(type: number): [NativeDescriptor, NativeDescriptor];
  unixSocket(type: number): NativeDescriptor;
  unixBind(descriptor: NativeDescriptor, address: Uint8Array, mode: number): void;
  unixListen(descriptor: NativeDescriptor, backlog: number): void;
  unixAccept(descriptor: NativeDescriptor): NativeDescriptor | undefined;
  unixAcceptSync(descriptor: NativeDescriptor, timeoutMs: number | undefined): NativeDescriptor;
  unixConnect(descriptor: NativeDescriptor, address: Uint8Array): boolean;
  unixConnectWaiting(type: number, address: Uint8Array, callback: ThreadCallback<NativeDescriptor>): WaitNumber;
  unixConnectSync(type: number, address: Uint8Array, timeoutMs: number | undefined): NativeDescriptor;
  unixName(descriptor: NativeDescriptor, peer: boolean): Uint8Array;
  shutdownSocket(descriptor: NativeDescriptor, receiving: boolean, sending: boolean): void;
  socketOption(descriptor: NativeDescriptor, option: number): number;
  setSocketOption(descriptor: NativeDescriptor, option: number, value: number): void;
  pollSync(descriptor: NativeDescriptor, events: number, timeoutMs: number | undefined): boolean;
  sendMessage(
    descriptor: NativeKey<NativeDescriptor>,
    bytes: Uint8Array,
    to: Uint8Array | undefined,
    descriptors: Int32Array | undefined,
  ): number | undefined;
  sendMessageSync(
    descriptor: NativeKey<NativeDescriptor>,
    bytes: Uint8Array,
    to?: Uint8Array,
    descriptors?: Int32Array,
    timeoutMs?: number,
  ): number;
  receiveMessage(
    descriptor: NativeKey<NativeDescriptor>,
    space: Uint8Array,
    maxDescriptors: number,
    hasEnd: false,
  ): Received | undefined;
  receiveMessage(
    descriptor: NativeKey<NativeDescriptor>,
    space: Uint8Array,
    maxDescriptors: number,
    hasEnd: true,
  ): Received | null | undefined;
  receiveMessageSync(
    descriptor: NativeKey<NativeDescriptor>,
    space: Uint8Array,
    maxDescriptors: number,
    hasEnd: false,
    timeoutMs?: number,
  ): Received;
  receiveMessageSync(
    descriptor: NativeKey<NativeDescriptor>,
    space: Uint8Array,
    maxDescriptors: number,
    hasEnd: true,
    timeoutMs?: number,
  ): Received | null;
}

export const unixNative = (): UnixSocketFunctions => addon() as UnixSocketFunctions;

/** Sends to whom the socket is connected to, with the thread waiting. */
export function sendUnixSync(
  socket: NativeKey<NativeDescriptor>,
  bytes: Uint8Array,
  descriptors: Descriptors | undefined,
  timeoutMs: number | undefined,
): void {
  // Most have bytes alone, and the fewer arguments the sooner it is called.
  if (descriptors === undefined && timeoutMs === undefined) unixNative().sendMessageSync(socket, bytes);
  else unixNative().sendMessageSync(socket, bytes, undefined, descriptorNumbers(descriptors), timeoutMs);
}

/** A new socket that is set up by `prepare`, or closed where that fails. */
export function openUnix(type: SocketType, prepare: (socket: NativeDescriptor) => void): NativeDescriptor {
  const socket = unixNative().unixSocket(socketTypes[type]);
  try {
    prepare(socket);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The kernel's choice of a name, where there is no address. */
export function bindUnix(socket: NativeDescriptor, address: UnixAddress | undefined, mode: number): void {
  unixNative().unixBind(socket, address === undefined ? new Uint8Array(0) : encodeUnixAddress(address), mode);
}

/** A connected socket; `undefined` where the server's queue is full. */
export function tryConnectUnix(type: SocketType, address: UnixAddress): NativeDescriptor | undefined {
  const socket = unixNative().unixSocket(socketTypes[type]);
  try {
    if (unixNative().unixConnect(socket, encodeUnixAddress(address))) return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.close();
  return undefined;
}

export async function connectUnix(
  type: SocketType,
  address: UnixAddress,
  options: WaitOptions,
): Promise<NativeDescriptor> {
  checkWaitOptions(options);
  options.signal?.throwIfAborted();
  const there = tryConnectUnix(type, address);
  if (there !== undefined) return there;
  return waitOnThread(
    "connect",
    options,
    (callback) => unixNative().unixConnectWaiting(socketTypes[type], encodeUnixAddress(address), callback),
    (connected) => {
      connected.close();
    },
  );
}

export function connectUnixSync(
  type: SocketType,
  address: UnixAddress,
  timeoutMs: number | undefined,
): NativeDescriptor {
  return unixNative().unixConnectSync(socketTypes[type], encodeUnixAddress(address), timeoutMs);
}
