/** Writes what it likes into the memory of shm connections, as fast as it can: `client PATH CONNECTIONS`, or `server`, which says its path. */
import { SHM_HEADER_BYTES } from "../../src/runtime/transport/shm/layout.ts";
import type { ShmChannel } from "../../src/runtime/transport/shm/channel.ts";
import { rawShmServer, shmChannel } from "./conformance/raw-shm.ts";
import { view } from "./shm-support.ts";

const random = (below: number): number => Math.floor(Math.random() * below);

/** Positions that may be right, marks that may be, and what can't be. */
function scribble(channel: ShmChannel, ms: number): void {
  const { words, own, peer, outgoing, incoming } = view(channel);
  const all = new Uint8Array(words.buffer, 0, SHM_HEADER_BYTES);
  const bell = channel.socket.bell();
  const end = performance.now() + ms;
  // Where it is honest for a while, more of the peer is reached than the check of the first position.
  const isBold = random(2) === 0;
  while (performance.now() < end) {
    for (let step = 0; step < 50; step++) {
      const at = random(outgoing.length);
      outgoing[at & ~3] = random(3) === 0 ? 0x80 : 0;
      outgoing[at] = random(256);
      incoming[at] = random(256);
      const written = Atomics.load(words, own.written);
      const taken = Atomics.load(words, peer.taken);
      if ((written - taken) >>> 0 < outgoing.length) Atomics.store(words, own.written, (written + 1) | 0);
      Atomics.store(words, own.state, random(4));
      Atomics.store(words, peer.state, random(4));
      Atomics.store(words, own.processor, random(3));
      if (isBold) all[random(all.length)] = random(256);
    }
    bell.ring();
  }
}

const [role, path = "", connections = "1"] = process.argv.slice(2);
if (role === "client") {
  for (let i = 0; i < Number(connections); i++) {
    const channel = await shmChannel(path);
    scribble(channel, 40);
    channel.socket.close();
    channel.mapping.close();
  }
} else {
  // It ends with who has started it.
  process.stdin.resume().once("end", () => process.exit());
  const server = await rawShmServer();
  console.log(server.to.path);
  const done = new Set<ShmChannel>();
  for (;;) {
    await server.next();
    const channel = server.channels.at(-1);
    if (channel === undefined || channel.socket.closed || done.has(channel)) continue;
    done.add(channel);
    scribble(channel, 40);
  }
}
