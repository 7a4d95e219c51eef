// Each mechanism as a channel between two Node processes. `create` makes A's end, and what B is to be given: `handles`,
// whose descriptors are B's from 3 on (A closes its own, but for the `shared`), and a `word` for its command line. `join` makes B's end of that. An end has send and
// receive, which give a promise, and sendSync and receiveSync, which block. `names` are taken away once B is there;
// `remains` is what outlives a killed process.
import { setImmediate } from "node:timers";
import * as ipc from "../../dist/src/ipc/index.js";
import { eventfdEnd, futexEnd, posixSemaphoreEnd, SLOTS_BYTES, sysvSemaphoreEnd } from "./slots.mjs";

const { EventFd, IPC_PRIVATE, Mailbox, Memfd, PipeReader, PipeWriter, PosixMessageQueue, PosixSemaphore, Ring } = ipc;
const { SysvMessageQueue, SysvSemaphoreSet, UnixDatagramSocket, UnixSeqpacketSocket } = ipc;

/** As much as C's queues hold. */
const queueOptions = { create: true, exclusive: true, maxMessages: 10, maxMessageBytes: 8192 };
/** Several records of 64 KiB. */
const ringCapacity = 1 << 19;
const ringBytes = Math.ceil(Ring.bytesFor(ringCapacity) / 4096) * 4096;
const names = (count) => Array.from({ length: count }, (_, i) => `/tsrpcgen-bench-${process.pid}-${i}`);

export const channels = {
  pipe: {
    create() {
      const [there, back] = [ipc.pipe(), ipc.pipe()];
      return { end: pipeEnd(there.writer, back.reader), handles: [there.reader, back.writer] };
    },
    join: () => pipeEnd(PipeWriter.adopt(4), PipeReader.adopt(3)),
  },
  "unix-dgram": sockets("datagram", UnixDatagramSocket),
  "unix-seqpacket": sockets("seqpacket", UnixSeqpacketSocket),
  "sysv-queue": {
    create() {
      const [there, back] = [SysvMessageQueue.open(IPC_PRIVATE), SysvMessageQueue.open(IPC_PRIVATE)];
      const ids = [there.id, back.id];
      return { end: sysvQueueEnd(there, back), word: ids, remains: { queues: ids } };
    },
    join: ([there, back]) => sysvQueueEnd(new SysvMessageQueue(back), new SysvMessageQueue(there)),
  },
  "posix-queue": {
    create() {
      const word = names(2);
      const [there, back] = word.map((name) => PosixMessageQueue.open(name, queueOptions));
      return { end: posixQueueEnd(there, back), word, names: () => word.forEach(PosixMessageQueue.unlink) };
    },
    join([there, back]) {
      return posixQueueEnd(PosixMessageQueue.open(back), PosixMessageQueue.open(there));
    },
  },
  "sysv-semaphore": {
    create() {
      const memory = slotsMemory();
      const set = SysvSemaphoreSet.open(IPC_PRIVATE, { count: 4 });
      set.setValues([0, 1, 0, 1]);
      const end = sysvSemaphoreEnd(memory.map(), set, 0);
      return { end, handles: [memory], word: set.id, remains: { semaphores: [set.id] } };
    },
    join: (id) => sysvSemaphoreEnd(Memfd.adopt(3).map(), new SysvSemaphoreSet(id), 1),
  },
  "posix-semaphore": {
    create() {
      const memory = slotsMemory();
      const word = names(4);
      const semaphores = word.map((name, i) =>
        PosixSemaphore.open(name, { create: true, exclusive: true, value: i % 2 }),
      );
      const end = posixSemaphoreEnd(memory.map(), semaphores, 0);
      return { end, handles: [memory], word, names: () => word.forEach(PosixSemaphore.unlink) };
    },
    join: (word) =>
      posixSemaphoreEnd(
        Memfd.adopt(3).map(),
        word.map((name) => PosixSemaphore.open(name)),
        1,
      ),
  },
  futex: {
    create() {
      const memory = slotsMemory();
      return { end: futexEnd(memory.map(), 0), handles: [memory] };
    },
    join: () => futexEnd(Memfd.adopt(3).map(), 1),
  },
  eventfd: {
    create() {
      const memory = slotsMemory();
      const events = [0, 1, 0, 1].map((initial) => EventFd.create({ initial }));
      return { end: eventfdEnd(memory.map(), events, 0), handles: [memory, ...events], shared: events };
    },
    join: () =>
      eventfdEnd(
        Memfd.adopt(3).map(),
        [4, 5, 6, 7].map((fd) => EventFd.adopt(fd)),
        1,
      ),
  },
  ring: rings(ringEnd),
  "ring-polled": rings(polledEnd),
  mailbox: {
    create() {
      const word = names(2).map((name) => name.slice(1));
      const capacity = { bytes: ringCapacity };
      const [there, back] = word.map((name) => Mailbox.open(name, { create: true, exclusive: true, capacity }));
      return { end: mailboxEnd(there, back), word, names: () => word.forEach(Mailbox.unlink) };
    },
    join: ([there, back]) => mailboxEnd(Mailbox.open(back), Mailbox.open(there)),
  },
};

/** Takes away what a process that was killed has left. */
export function removeRemains({ queues = [], semaphores = [] }) {
  for (const object of [
    ...queues.map((id) => new SysvMessageQueue(id)),
    ...semaphores.map((id) => new SysvSemaphoreSet(id)),
  ])
    object.remove();
}

export const has = (name) => name in ipc;

function slotsMemory() {
  return Memfd.create("tsrpcgen-bench", { size: SLOTS_BYTES });
}

function sockets(type, Socket) {
  return {
    create() {
      const [ours, theirs] = ipc.socketpair({ type });
      return { end: socketEnd(ours), handles: [theirs] };
    },
    join: () => socketEnd(Socket.adopt(3)),
  };
}

function rings(endOf) {
  return {
    create() {
      const memory = Memfd.create("tsrpcgen-bench", { size: 2 * ringBytes });
      const mapping = memory.map();
      for (const offset of [0, ringBytes])
        Ring.format(mapping, { offset, length: ringBytes, producers: "one", consumers: "one" });
      return { end: endOf(Ring.open(mapping), Ring.open(mapping, { offset: ringBytes })), handles: [memory] };
    },
    join() {
      const mapping = Memfd.adopt(3).map();
      return endOf(Ring.open(mapping, { offset: ringBytes }), Ring.open(mapping));
    },
  };
}

/** What the blocking forms receive into, again and again, as C does. */
const space = new Uint8Array(65_536);
const spaces = new Map();
/** As much of it as C's call would take: always the same object. */
function spaceOf(size) {
  let found = spaces.get(size);
  if (found === undefined) spaces.set(size, (found = space.subarray(0, size)));
  return found;
}

function pipeEnd(writer, reader) {
  return {
    send: (bytes) => writer.write(bytes),
    sendSync: (bytes) => writer.writeSync(bytes),
    async receive(size) {
      for (let left = size; left > 0;) left -= (await reader.read({ maxBytes: left })).length;
    },
    receiveSync(size) {
      for (let left = size; left > 0;) left -= reader.readSync({ into: spaceOf(left) }).length;
    },
  };
}

function socketEnd(socket) {
  return {
    send: (bytes) => socket.send(bytes),
    sendSync: (bytes) => socket.sendSync(bytes),
    receive: () => socket.receive(),
    receiveSync: (size) => socket.receiveSync({ into: spaceOf(size) }),
  };
}

function sysvQueueEnd(out, back) {
  return {
    send: (bytes) => out.send(1, bytes),
    sendSync: (bytes) => out.sendSync(1, bytes),
    receive: () => back.receive(),
    receiveSync: (size) => back.receiveSync({ into: spaceOf(size) }),
  };
}

function posixQueueEnd(out, back) {
  return {
    send: (bytes) => out.send(bytes),
    sendSync: (bytes) => out.sendSync(bytes),
    receive: () => back.receive(),
    receiveSync: () => back.receiveSync({ into: spaceOf(queueOptions.maxMessageBytes) }),
  };
}

function mailboxEnd(out, back) {
  return {
    send: (bytes) => out.send(bytes),
    sendSync: (bytes) => out.sendSync(bytes),
    receive: (size) => back.receive({ into: spaceOf(size) }),
    receiveSync: (size) => back.receiveSync({ into: spaceOf(size) }),
  };
}

function ringEnd(out, back) {
  return {
    send: (bytes) => out.push(bytes),
    sendSync: (bytes) => out.pushSync(bytes),
    receive: (size) => back.pop({ into: spaceOf(size) }),
    receiveSync: (size) => back.popSync({ into: spaceOf(size) }),
  };
}

/** Longer than the other end ever takes: it never sleeps. */
const spinUs = 100_000;

/** How long a turn of the loop looks at most; the loop's other work waits for it. */
const lookUs = 20;

/** Messages received at once until the loop turns: as many as the asynchronous forms let pass. */
const messagesPerTurn = 32;

/** Blocking, the thread looks in the addon until something comes; in a loop, for a while in each turn. */
function polledEnd(out, back) {
  let messages = 0;
  let look = { spinUs: lookUs, into: spaceOf(0) };
  const sendLater = (bytes) => eachTurn(() => out.tryPush(bytes));
  return {
    send: (bytes) => (out.tryPush(bytes) ? undefined : sendLater(bytes)),
    sendSync: (bytes) => out.pushSync(bytes, { spinUs }),
    receive(size) {
      if (size !== look.into.length) look = { spinUs: lookUs, into: spaceOf(size) };
      if (back.tryPop(look) === undefined) return eachTurn(() => back.tryPop(look) !== undefined);
      messages += 1;
      return messages % messagesPerTurn === 0 ? eachTurn(() => true) : undefined;
    },
    receiveSync: (size) => back.popSync({ spinUs, into: spaceOf(size) }),
  };
}

/** `attempt`, once a turn of the loop until it is true. */
function eachTurn(attempt) {
  return new Promise((resolve) => {
    const again = () => {
      if (attempt()) resolve();
      else setImmediate(again);
    };
    setImmediate(again);
  });
}
