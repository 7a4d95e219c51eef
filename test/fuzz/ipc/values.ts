/** Arguments that nobody should pass, and places where some of them can come from. */
import type { Random } from "../random.ts";

/** What a fuzzed call has at hand: objects that earlier calls made, closed ones among them. */
export interface Pool {
  readonly random: Random;
  readonly objects: object[];
  /** Views of memory that is shared. */
  readonly views: Uint8Array[];
  /** Called by what is called back in the middle of a call. */
  readonly disturb: () => void;
}

const numbers: readonly number[] = [
  ...[0, 1, 2, 3, 4, 7, 8, 16, 128, 4096, 65_536, -1, -2, 0.5, -0, NaN, Infinity, -Infinity],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 3, 2 ** 40, 2 ** 53 - 1, 2 ** 53, 1e308],
];

/** Milliseconds: a call that blocks is to end. */
export function time(random: Random): unknown {
  return random.pick<unknown>([0, 0, 0, 0.5, 1, 2, -1, NaN, "1", null, {}, 1n]);
}

/** A number, as good as any or as bad as any. */
export function number(random: Random): number {
  return random.oneIn(2) ? random.below(9) : random.pick(numbers);
}

/** Bytes, wherever they lie, and however long they stay there. */
export function bytes({ random, views }: Pool): Uint8Array {
  const length = random.pick([0, 1, 4, 7, 8, 64, 100, 1000, 4096, 70_000]);
  switch (random.below(9)) {
    case 0:
      return detached(length);
    case 1:
      return resizable(length, random);
    case 2:
      return new Uint8Array(new SharedArrayBuffer(length));
    case 3:
      return new Uint8Array(new ArrayBuffer(length + 9), 9);
    case 4:
      return views.length === 0 ? new Uint8Array(length) : random.pick(views);
    case 5:
      return Buffer.alloc(length, 0x2f);
    default:
      return new Uint8Array(length).fill(random.below(256));
  }
}

function detached(length: number): Uint8Array {
  const array = new Uint8Array(length);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

/** What the language has had since Node 20, and the library of the compiler does not know yet. */
type ResizableBuffer = ArrayBuffer & { resize: (length: number) => void };
const ResizableBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ResizableBuffer;

/** Longer than its buffer is by now, or as long as that. */
function resizable(length: number, random: Random): Uint8Array {
  const buffer = new ResizableBuffer(length, { maxByteLength: length + 8192 });
  const array = random.oneIn(2) ? new Uint8Array(buffer) : new Uint8Array(buffer, 0, length);
  buffer.resize(random.pick([0, Math.floor(length / 2), length, length + 8192]));
  return array;
}

/** Anything. */
export function anything(pool: Pool): unknown {
  const { random, objects, disturb } = pool;
  switch (random.below(14)) {
    case 0:
      return undefined;
    case 1:
      return null;
    case 2:
    case 3:
      return number(random);
    case 4:
      return random.pick<unknown>([true, false, 1n, 2n ** 64n, -1n, Symbol("x"), /x/, new Date(NaN)]);
    case 5:
      return random.pick([
        "",
        "x",
        "a\0b",
        "\ud800",
        "/".repeat(300),
        "x".repeat(5000),
        "value",
        "127.0.0.1",
        "SIGUSR2",
      ]);
    case 6:
    case 7:
      return bytes(pool);
    case 8:
      return random.pick<unknown>([
        new DataView(new ArrayBuffer(8)),
        new Int32Array(3),
        new Float64Array(2),
        new ArrayBuffer(8),
      ]);
    case 9:
      return objects.length === 0 ? {} : random.pick(objects);
    case 10:
      return objects.length === 0
        ? {}
        : (Object.create(Object.getPrototypeOf(random.pick(objects)) as object) as object);
    case 11:
      return callback(pool);
    case 12:
      return hostileObject(pool);
    default:
      disturb();
      return random.pick<unknown>([[], {}, [1, 2, 3], [undefined], new Proxy({}, {}), Object.create(null)]);
  }
}

/** A callback that disturbs, and may throw. */
export function callback({ random, disturb }: Pool): () => void {
  const throws = random.oneIn(4);
  return () => {
    disturb();
    if (throws) throw new Expected("a callback's");
  };
}

/** What is thrown on purpose. */
export class Expected extends Error {}

/** An object whose every property is one of ours, and disturbs while it is read. */
export function hostileObject(pool: Pool, known: Readonly<Record<string, () => unknown>> = {}): object {
  const { random, disturb } = pool;
  const throws = random.oneIn(16);
  return new Proxy(
    {},
    {
      get: (_, name) => {
        if (random.oneIn(4)) disturb();
        // A call that blocks is to end.
        if (name === "timeoutMs") return time(random);
        if (throws && random.oneIn(3)) throw new Expected("a getter's");
        const make = typeof name === "string" ? known[name] : undefined;
        if (make !== undefined && !random.oneIn(8)) return make();
        return random.oneIn(3) ? anything(pool) : undefined;
      },
    },
  );
}
