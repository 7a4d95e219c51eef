// How the time of a list grows with its length.
import { XdrReader, XdrWriter } from "../../dist/src/xdr/index.js";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { WriterPool } from "../../dist/src/runtime/writer-pool.js";
import { plot } from "../lib/svg.mjs";
import { nanoseconds } from "./timing.mjs";
import { double, int } from "./values.mjs";

const LENGTHS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

const list = (length, of) => Array.from({ length }, (_, i) => of(i));
const record = (i) => ({ id: i, stamp: BigInt(i), name: `record-${i}`, active: true, info: { k: 0, number: i } });

/** Nanoseconds an element, by the list's length. */
export async function growth(folder, ms) {
  new WriterPool(); // as the runtime: it gives the codec the addon's byte swap
  const module = await import(pathToFileURL(join(folder, "default/bench.js")).href);
  const typed = await import(pathToFileURL(join(folder, "typed/bench.js")).href);
  const lists = {
    ints: [module.IntListCodec, (length) => list(length, int)],
    "ints, typed": [typed.IntListCodec, (length) => Int32Array.from(list(length, int))],
    doubles: [module.DoubleListCodec, (length) => list(length, double)],
    "doubles, typed": [typed.DoubleListCodec, (length) => Float64Array.from(list(length, double))],
    records: [module.RecordListCodec, (length) => list(length, record)],
  };
  const w = new XdrWriter({ maxBytes: 2 ** 30 });
  const r = new XdrReader(new Uint8Array(0));
  const points = [];
  for (const [name, [codec, make]] of Object.entries(lists))
    for (const length of LENGTHS) {
      const value = make(length);
      const encode = () => {
        w.reset();
        codec.encode(w, value);
      };
      encode();
      const bytes = w.bytes().slice();
      const decode = () => codec.decode(r.reset(bytes));
      points.push({ name, direction: "encode", length, ns: nanoseconds(encode, ms) });
      points.push({ name, direction: "decode", length, ns: nanoseconds(decode, ms) });
    }
  return points;
}

/** The picture of docs/performance.md: a line that does not rise is a time that grows as the list does. */
export function curves(points) {
  const drawn = ["ints", "ints, typed", "records"];
  const series = drawn.flatMap((name) =>
    ["encode", "decode"].map((direction) => ({
      name: `${name}: ${direction}`,
      points: points
        .filter((point) => point.name === name && point.direction === direction)
        .map(({ length, ns }) => [length, ns / length]),
    })),
  );
  return plot({ title: "Time of an element by the list's length", x: "elements", y: "ns an element", series });
}
