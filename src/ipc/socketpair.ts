import type { NativeDescriptor } from "./handle.ts";
import { UnixDatagramSocket } from "./unix-datagram.ts";
import { socketTypes, unixNative, type SocketType } from "./unix-native.ts";
import { UnixSeqpacketSocket } from "./unix-seqpacket.ts";
import { UnixStreamSocket } from "./unix-stream.ts";

interface SocketOf {
  stream: UnixStreamSocket;
  datagram: UnixDatagramSocket;
  seqpacket: UnixSeqpacketSocket;
}

const classes: { [Type in SocketType]: new (native: NativeDescriptor) => SocketOf[Type] } = {
  stream: UnixStreamSocket,
  datagram: UnixDatagramSocket,
  seqpacket: UnixSeqpacketSocket,
};

/**
 * Two sockets that are connected to each other, without a name: as a pipe, but each end both sends and receives
 * (socketpair(2); SVR4's pipe). One is handed to a child as a pipe's end is.
 * @param options.type Default `"stream"`
 */
export function socketpair<Type extends SocketType = "stream">({ type }: { type?: Type } = {}): [
  SocketOf[Type],
  SocketOf[Type],
] {
  const chosen = type ?? ("stream" as Type);
  const [first, second] = unixNative().socketpair(socketTypes[chosen]);
  return [new classes[chosen](first), new classes[chosen](second)];
}
