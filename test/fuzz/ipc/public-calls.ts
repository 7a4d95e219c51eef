/** What tsrpcgen/ipc exports, and how it may be called without doing harm to anyone but this process. */
import * as ipc from "../../../src/ipc/index.ts";
import { NAMES, type Place } from "./native-calls.ts";
import { anything, bytes, hostileObject, number, time, type Pool } from "./values.ts";

type Make = (pool: Pool, place: Place) => unknown;

const name = ({ random }: Pool, place: Place): string => `${place.name}-${String(random.below(NAMES))}`;
const path = ({ random }: Pool, place: Place): string => `${place.folder}/${String(random.below(4))}`;

/** Options of every call, each of them now and then what it should be. */
function options(pool: Pool): object {
  const { random } = pool;
  const known: Record<string, () => unknown> = {
    timeoutMs: () => time(random),
    signal: () => signal(pool),
    maxBytes: () => random.pick<unknown>([1, 100, 65_536, 0, -1, 2 ** 53]),
    size: () => random.pick<unknown>([4096, 10_000, 0, -1, 2 ** 40, undefined]),
    length: () => random.pick<unknown>([4096, 1, 0, undefined]),
    offset: () => random.pick<unknown>([0, 128, 4096, 1, -1]),
    create: () => random.oneIn(2),
    readOnly: () => random.oneIn(4),
    type: () => random.pick([0, 1, 2, -2, 2 ** 53]),
    descriptors: () => random.times(random.below(3), () => (pool.objects.length === 0 ? 1 : random.pick(pool.objects))),
    spinUs: () => random.pick<unknown>([0, 10, -1, "x"]),
    initial: () => random.below(3),
    value: () => random.below(3),
    mode: () => 0o600,
    seals: () => ["shrink"],
  };
  // A bound that is asked for is always there: a call that waits is to end.
  const made = hostileObject(pool, known);
  if (random.oneIn(3)) return made;
  const plain: Record<string, unknown> = { timeoutMs: time(random) };
  for (const [key, make] of Object.entries(known)) if (key !== "timeoutMs" && random.oneIn(3)) plain[key] = make();
  return plain;
}

function signal({ random }: Pool): AbortSignal | undefined {
  if (random.oneIn(3)) return AbortSignal.abort(new Error("aborted"));
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  if (random.oneIn(2)) queueMicrotask(abort);
  else setImmediate(abort);
  return controller.signal;
}

const some = ({ objects, random }: Pool): never => random.pick(objects as never[]);
const mapping = (pool: Pool): ipc.Mapping =>
  pool.objects.find((object): object is ipc.Mapping => object instanceof ipc.Mapping) ?? some(pool);

/** What makes objects, and the functions that belong to none. */
export const publicCalls: Readonly<Record<string, Make>> = {
  pipe: () => ipc.pipe(),
  fifo: (pool, place) => {
    try {
      ipc.mkfifo(path(pool, place));
    } catch {
      // It is there.
    }
    return pool.random.oneIn(2)
      ? ipc.fifo.tryOpenReader(path(pool, place))
      : ipc.fifo.openWriter(path(pool, place), options(pool));
  },
  eventfd: (pool) => ipc.EventFd.create(options(pool)),
  memfd: (pool) => ipc.Memfd.create("fuzz", options(pool)),
  sharedMemory: (pool, place) =>
    ipc.PosixSharedMemory.open(name(pool, place), { create: true, size: 8192, ...options(pool) }),
  messageQueue: (pool, place) =>
    ipc.PosixMessageQueue.open(name(pool, place), { create: true, maxMessages: 4, maxMessageBytes: 64 }),
  semaphore: (pool, place) => ipc.PosixSemaphore.open(name(pool, place), { create: true, value: 1 }),
  queue: (_, { queueId }) => new ipc.SysvMessageQueue(queueId),
  semaphores: (_, { semaphoreId }) => new ipc.SysvSemaphoreSet(semaphoreId),
  segment: (_, { memoryId }) => new ipc.SysvSharedMemory(memoryId),
  ring: (pool) => {
    const memory = mapping(pool);
    if (pool.random.oneIn(2)) ipc.Ring.format(memory, options(pool));
    return ipc.Ring.open(memory, options(pool));
  },
  udp: () => ipc.UdpSocket.bind({ address: "127.0.0.1" }),
  socketpair: ({ random }) => ipc.socketpair({ type: random.pick(["stream", "datagram", "seqpacket"] as const) }),
  streamServer: (pool, place) => ipc.UnixStreamServer.listen(path(pool, place), options(pool)),
  seqpacketServer: (pool) => ipc.UnixSeqpacketServer.listen(undefined, options(pool)),
  datagram: (pool, place) => ipc.UnixDatagramSocket.bind(path(pool, place)),
  connect: (pool, place) => ipc.UnixStreamSocket.connect(path(pool, place), options(pool)),
  connectSync: (pool, place) => ipc.UnixSeqpacketSocket.connectSync(path(pool, place), { timeoutMs: 1 }),
  signals: ({ random }) => ipc.SignalReceiver.open(random.pick([["SIGUSR2"], ["SIGRTMIN+7", "SIGWINCH"], []])),
  self: () => ipc.ProcessHandle.open(process.pid),
  futexWait: (pool) => ipc.futexWait(mapping(pool), number(pool.random), 0, options(pool)),
  futexWaitSync: (pool) => ipc.futexWaitSync(mapping(pool), number(pool.random), 0, { timeoutMs: 1 }),
  futexWake: (pool) => ipc.futexWake(mapping(pool), number(pool.random), number(pool.random)),
  listSysv: () => void ipc.listSysv(),
  isAlive: (pool) => ipc.isAlive(anything(pool) as number),
  startTime: (pool) => ipc.processStartTime(number(pool.random)),
  signalNumber: (pool) => ipc.signalNumber(anything(pool) as ipc.SignalName),
  adopt: (pool) => {
    const adopts = [ipc.PipeReader, ipc.UnixStreamSocket, ipc.UnixSeqpacketSocket, ipc.UdpSocket, ipc.UnixStreamServer];
    // A number that is none of ours would be another's from now on, and closed.
    const handles = pool.objects.filter((object) => object instanceof ipc.DescriptorHandle);
    if (handles.length === 0) return undefined;
    const Adopting = pool.random.pick(adopts) as { adopt(handle: object): unknown };
    return Adopting.adopt(pool.random.pick(handles));
  },
};

/** Methods that are not to be called: they signal, or hand out a descriptor that is nobody's then. */
const untouched: ReadonlySet<string> = new Set(["constructor", "sendSignal", "notify", "release", "remove"]);

/** Calls some method of the object, or reads some property. What it returns may be an object for the pool. */
export function callSome(object: object, pool: Pool, told: (call: string) => void): unknown {
  const { random } = pool;
  const owner = random.pick(prototypesOf(object));
  const names = Reflect.ownKeys(owner).filter((key) => typeof key === "string" && !untouched.has(key)) as string[];
  if (names.length === 0) return undefined;
  const key = random.pick(names);
  told(`${object.constructor.name}.${key}`);
  const value: unknown = Reflect.get(owner, key, object);
  if (typeof value !== "function") return value;
  // Its time is no option.
  if (key === "hearSync") return Reflect.apply(value, object, [time(random)]) as unknown;
  const args = random.times(value.length, () => (random.oneIn(2) ? bytes(pool) : anything(pool)));
  // Where the options have their place, so that a call that blocks ends.
  return Reflect.apply(value, object, [...args, options(pool)]) as unknown;
}

function prototypesOf(object: object): object[] {
  const found: object[] = [];
  for (
    let at: unknown = Object.getPrototypeOf(object);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  )
    found.push(at as object);
  return found;
}
