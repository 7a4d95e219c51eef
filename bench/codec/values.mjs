// The values that every peer encodes, as our generated code has them by default. Made by arithmetic, so that they are the
// same in each run.

/** In the order of the tables. */
export const workloads = ["date", "fattr3", "dirlist", "ints", "doubles", "opaque64k", "opaque1m", "records"];

const ENTRIES = 100;
const NUMBERS = 10_000;
const RECORDS = 1000;

/** Elements of the list workloads, or bytes of the opaque ones. */
export const counts = { ints: NUMBERS, doubles: NUMBERS, opaque64k: 65_536, opaque1m: 1_048_576, records: RECORDS };

const dateOf = () => ({ time: 1_753_000_000, text: "2026-11-21 12:00" });

function attributes(i) {
  return {
    type: 1,
    mode: 0o100644,
    nlink: 1,
    uid: 1000 + (i % 7),
    gid: 1000,
    size: BigInt(i) * 4_294_967_311n,
    used: BigInt(i) * 4096n,
    rdev: { specdata1: 0, specdata2: 0 },
    fsid: 0x1234_5678_9abc_def0n >> 12n,
    fileid: BigInt(i) + 1_000_000_007n,
    atime: { seconds: 1_753_000_000 + i, nseconds: 123_456_789 },
    mtime: { seconds: 1_752_000_000 + i, nseconds: 234_567_891 },
    ctime: { seconds: 1_751_000_000 + i, nseconds: 345_678_912 },
  };
}

function bytes(length, seed) {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = (i * 31 + seed) & 0xff;
  return data;
}

/** The list of entries as XDR has it: each holds the next one. */
function dirlist() {
  let entries = null;
  for (let i = ENTRIES - 1; i >= 0; i--)
    entries = {
      fileid: BigInt(i) + 1_000_000_007n,
      name: `file-${String(i).padStart(4, "0")}.text`,
      cookie: BigInt(i) + 3n,
      nameAttributes: { attributesFollow: true, attributes: attributes(i) },
      nameHandle: { handleFollows: true, handle: { data: bytes(32, i) } },
      nextentry: entries,
    };
  return { entries, eof: true };
}

function record(i) {
  const info = [{ k: 0, number: i * 3 }, { k: 1, text: `text ${i}` }, { k: 2 }][i % 3];
  return { id: i, stamp: 1_753_000_000_000_000n + BigInt(i), name: `record-${i}`, active: i % 2 === 0, info };
}

/** Numbers of three bytes and less: protobuf's are as long as they need be. */
export const int = (i) => (i * 7919) % 1_000_003;
export const double = (i) => i * 1.25 + 0.1;

const list = (length, of) => Array.from({ length }, (_, i) => of(i));

/** A workload's value as `tsrpcgen` without options has it. */
export function valueOf(workload) {
  switch (workload) {
    case "date":
      return dateOf();
    case "fattr3":
      return attributes(42);
    case "dirlist":
      return dirlist();
    case "ints":
      return list(NUMBERS, int);
    case "doubles":
      return list(NUMBERS, double);
    case "opaque64k":
      return bytes(counts.opaque64k, 1);
    case "opaque1m":
      return bytes(counts.opaque1m, 1);
    case "records":
      return list(RECORDS, record);
    default:
      throw new RangeError(`no workload ${workload}`);
  }
}

/** The entries of a list as protobuf has them: a repeated field. */
export function entriesOf({ entries }) {
  const all = [];
  for (let entry = entries; entry !== null; entry = entry.nextentry) all.push(entry);
  return all;
}

/** The value with each bigint as what `of` makes of it, for those who have 64-bit numbers of another kind. */
export function withHypers(value, of) {
  if (typeof value === "bigint") return of(value);
  if (Array.isArray(value)) return value.map((item) => withHypers(item, of));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withHypers(item, of)]));
}
