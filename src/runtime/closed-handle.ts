/**
 * Resolves when the system's handle of a socket whose "close" event has come is gone, too. A `net.Server` and a udp socket tell of their
 * end in the tick in which it begins; libuv ends handles behind the immediates of a turn.
 */
export async function handleClosed(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}
