/** The addon's functions, and how each may be called without doing harm to anyone but this process. */
import { anything, bytes, callback, hostileObject, number, time, type Pool } from "./values.ts";

/** One argument: mostly of the kind that the function wants. */
type Argument = (pool: Pool, place: Place) => unknown;

/** Objects that are ours, by kind. */
export interface Place {
  readonly folder: string;
  /** Of names in the system: what has one begins with it. */
  readonly name: string;
  readonly queueId: number;
  readonly semaphoreId: number;
  readonly memoryId: number;
}

/** @internal The addon, as it is exported. */
export type Addon = Readonly<Record<string, unknown>>;

const any: Argument = (pool) => anything(pool);
const some: Argument = ({ objects, random }) => (objects.length === 0 ? undefined : random.pick(objects));
const count: Argument = ({ random }) => number(random);
const small: Argument = ({ random }) => random.below(9);
const flag: Argument = ({ random }) => random.oneIn(2);
const data: Argument = (pool) => bytes(pool);
const wait: Argument = ({ random }) => time(random);
const back: Argument = (pool) => callback(pool);
const path: Argument = ({ random }, { folder }) => `${folder}/${String(random.below(4))}`;
/** Names in the system that a run may make: who runs it removes them. */
export const NAMES = 4;
const named: Argument = ({ random }, { name }) => `${name}-${String(random.below(NAMES))}`;
const flags: Argument = ({ random }) => random.pick([0, 1, 2, 0o100, 0o102, 0o302, -1]);
const mode: Argument = ({ random }) => random.pick([0o600, 0, 0o777, -1]);
const address: Argument = (pool, place) => {
  const text = pool.random.pick([path(pool, place), `\0${String(named(pool, place))}`, "", "x".repeat(108)]);
  return new TextEncoder().encode(String(text));
};
/** Of the objects that this run has made: a number that happens to be another's would hit that. */
const queue: Argument = ({ random }, { queueId }) => random.pick<unknown>([queueId, queueId, -1, "0", null]);
const semaphores: Argument = ({ random }, { semaphoreId }) => random.pick<unknown>([semaphoreId, semaphoreId, -1, {}]);
const segment: Argument = ({ random }, { memoryId }) => random.pick<unknown>([memoryId, memoryId, -1, 0.5]);
/** Whoever makes a Descriptor of a number owns it: what Node has open is not for us. */
const noDescriptor: Argument = ({ random }) => random.pick<unknown>([-1, 2 ** 30, 2 ** 32, "1", {}, undefined]);
const looking: Argument = ({ random }) => random.pick<unknown>([0, 1, 100, -1, 0.5, "x"]);
const noKey: Argument = ({ random }) => random.pick<unknown>([-1, "x", 2 ** 31]);
const zero: Argument = () => 0;
/** No signal. */
const notify: Argument = () => undefined;
const message: Argument = (pool) =>
  hostileObject(pool, {
    bytes: () => bytes(pool),
    address: () => pool.random.pick(["127.0.0.1", "::1", "nowhere"]),
    port: () => pool.random.pick([9, 0, -1, 70_000]),
    ipv6: () => pool.random.oneIn(4),
    from: () => (pool.random.oneIn(4) ? "127.0.0.1" : undefined),
  });
const messages: Argument = (pool, place) => pool.random.times(pool.random.below(5), () => message(pool, place));
/** What datagrams are about: to nobody but ourselves, at a port where nobody is. */
const words: Argument = (pool) => {
  const { random } = pool;
  if (random.oneIn(8)) return anything(pool);
  const made = new Uint32Array(random.pick([0, 15, 16, 32, 33, 64 * 16, 70 * 16]));
  const loopback = new Uint32Array(Uint8Array.of(127, 0, 0, 1).buffer)[0] ?? 0;
  for (let at = 0; at + 16 <= made.length; at += 16) {
    made[at] = random.pick([0, 1, 64, 70_000, 2 ** 32 - 1]);
    made[at + 1] = random.pick([0, 1, 8, 65_507, 2 ** 32 - 1]);
    made[at + 3] = random.pick([0, 4, 5]);
    made[at + 4] = random.pick([9, 0, 70_000]);
    made[at + 5] = loopback;
    made[at + 10] = random.pick([0, 4, 6, 9]);
    made[at + 11] = random.pick([0, loopback]);
  }
  return made;
};
const host: Argument = ({ random }) => random.pick(["127.0.0.1", "0.0.0.0", "::1", "", "fe80::1%lo"]);
const numbers: Argument = ({ random }) =>
  new Int32Array(random.pick([0, 1, 3, 253, 254])).fill(random.pick([-1, 1, 2 ** 30]));

/** Functions by name, with what they take. None that signals, none that closes or owns a descriptor of another. */
export const nativeFunctions: Readonly<Record<string, readonly Argument[]>> = {
  udpBatchSender: [words],
  udpBind: [flag, host, () => 0, flag, flag, flag],
  udpTie: [some, flag, host, () => 9],
  udpJoin: [some, flag, ({ random }) => random.pick(["239.255.7.7", "ff02::1234", "127.0.0.1", ""]), host],
  udpReceiveBatch: [some, data, count, words],
  udpSendBatch: [some, data, words, small, small],
  udpTellDestination: [some, flag],
  udpName: [some],
  udpReceive: [some, data, wait, flag],
  udpReceiveMany: [some, data, count, small],
  udpSend: [some, message, wait, flag],
  udpSendMany: [some, messages],
  eventfd: [small, flag],
  adoptEventfd: [noDescriptor],
  eventfdTake: [some],
  eventfdTakeSync: [some, wait],
  eventfdAdd: [some, count],
  eventfdAddSync: [some, count, wait],
  semTryWait: [some],
  semWaitSync: [some, wait],
  semPost: [some],
  ringPushSync: [some, data, wait, looking],
  ringPopSync: [some, data, wait, looking],
  futexDiffers: [some, count, count],
  futexWaiting: [some, count, () => 0, back],
  futexWaitSync: [some, count, () => 0, wait],
  futexWake: [some, count, count],
  read: [some, data],
  readSync: [some, data, wait],
  write: [some, data],
  writeSync: [some, data, wait],
  pollSync: [some, small, wait],
  msync: [some, count, count],
  msyncWaiting: [some, count, count, back],
  msyncSync: [some, count, count],
  pageSize: [],
  memfdCreate: [named],
  addSeals: [some, small],
  getSeals: [some],
  peerCredentials: [() => -1],
  pipe: [],
  mkfifo: [path, mode],
  openFifo: [path, flag],
  openFifoWaiting: [path, flag, back],
  openFifoSync: [path, flag, wait],
  pipeCapacity: [some],
  setPipeCapacity: [some, count],
  mqOpen: [named, flags, mode, small, small],
  mqUnlink: [named],
  mqAttributes: [some],
  mqSend: [some, data, count],
  mqSendSync: [some, data, count, wait],
  mqReceive: [some, data],
  mqReceiveSync: [some, data, wait],
  mqNotify: [some, notify],
  semUnlink: [named],
  shmOpen: [named, flags, mode],
  shmUnlink: [named],
  resize: [some, count],
  sizeOf: [some],
  map: [some, count, ({ random }) => random.pick([0, 0, 4096, 1, 2 ** 40]), flag, flag],
  ringFormat: [some, small, count, flag, flag, count],
  ftok: [path, count],
  msgget: [noKey, zero],
  msgsnd: [queue, count, data],
  msgsndWaiting: [queue, count, data, back],
  msgsndSync: [queue, count, data, wait],
  msgrcv: [queue, count, flag, flag, count],
  msgrcvWaiting: [queue, count, flag, flag, small, back],
  msgrcvSync: [queue, count, flag, flag, count, wait],
  msgStat: [queue],
  msgSet: [queue, any, any, () => 0o600, count],
  semget: [noKey, count, zero],
  semop: [semaphores, small, count, flag, any],
  semopWaiting: [back, semaphores, small, small, flag],
  semopSync: [wait, semaphores, small, count, flag],
  semGet: [semaphores, count, any],
  semValues: [semaphores],
  semSetValue: [semaphores, count, count],
  semSetValues: [semaphores, count, count, count],
  semStat: [semaphores],
  shmget: [noKey, count, zero],
  shmat: [segment, flag],
  shmStat: [segment],
  sendMessage: [some, data, ({ random }) => (random.oneIn(2) ? undefined : null), numbers],
  sendMessageSync: [some, data, () => undefined, () => undefined, wait],
  receiveMessage: [some, data, count, flag],
  receiveMessageSync: [some, data, count, flag, wait],
  socketpair: [small],
  unixSocket: [small],
  unixBind: [some, address, mode],
  unixListen: [some, count],
  unixAccept: [some],
  unixAcceptSync: [some, wait],
  unixConnect: [some, address],
  unixConnectWaiting: [small, address, back],
  unixConnectSync: [small, address, wait],
  unixName: [some, flag],
  shutdownSocket: [some, flag, flag],
  socketOption: [some, small],
  setSocketOption: [some, small, count],
};

/** Constructors. A descriptor by its number is another's. */
export const nativeClasses: Readonly<Record<string, readonly Argument[]>> = {
  Descriptor: [noDescriptor],
  Mapping: [any],
  PosixSemaphore: [named, flags, mode, count],
  Ring: [some, count, count],
  SignalRegistration: [],
};

/** Methods, wherever there is one of the name. What is not here gets anything. */
export const nativeMethods: Readonly<Record<string, readonly Argument[]>> = {
  // Of a Descriptor; of a PosixSemaphore, too, where the number is no callback.
  wait: [({ random }) => random.pick<unknown>([1, 2, 3, 3, 0, 4, 64, -1, 2 ** 31 - 1, "x"])],
  open: [({ random }) => random.pick([10, 12, 17, 0, 9, 11, 64, 99, -1]), ({ random }) => random.pick([10, 12, 12.5])],
  push: [data],
  pushWanted: [data],
  offer: [data],
  pop: [data, looking],
  waitPush: [count, back],
  waitPop: [back],
  waitTaken: [count, count, back],
  waitTakenSync: [count, count, wait],
  arm: [flag, count],
};

/** Those that bound a wait, or name what is ours: with another one a call would hang, or do harm to others. */
const kept: ReadonlySet<Argument> = new Set([
  wait,
  looking,
  queue,
  semaphores,
  segment,
  path,
  named,
  noDescriptor,
  noKey,
  zero,
  notify,
]);

/** Arguments: as they are wanted, but for one now and then, or too few or too many. */
export function argumentsFor(wanted: readonly Argument[], pool: Pool, place: Place): unknown[] {
  const { random } = pool;
  const made = wanted.map((argument) => {
    return kept.has(argument) || !random.oneIn(12) ? argument(pool, place) : anything(pool);
  });
  if (random.oneIn(20)) made.push(anything(pool));
  return made;
}
