import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_MAX_FRAGMENTS, DEFAULT_MAX_RECORD_BYTES } from "../../src/runtime/limits.ts";
import { ByteBudget } from "../../src/runtime/transport/byte-budget.ts";
import { RecordError, RecordReader, frameRecord } from "../../src/runtime/transport/record-marking.ts";

const LIMITS = { maxBytes: DEFAULT_MAX_RECORD_BYTES, maxFragments: DEFAULT_MAX_FRAGMENTS };

/** One fragment with its header. */
function fragment(bytes: Uint8Array, last: boolean): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE((last ? 0x8000_0000 : 0) + bytes.length);
  return Buffer.concat([header, bytes]);
}

function readAll(pieces: readonly Uint8Array[], reader = new RecordReader(LIMITS)): Buffer[] {
  const records: Buffer[] = [];
  for (const piece of pieces) reader.push(piece, (record) => records.push(Buffer.from(record)));
  return records;
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return "none";
  } catch (error) {
    assert(error instanceof RecordError, String(error));
    return error.code;
  }
}

describe("runtime: record marking (RFC 5531 section 11)", () => {
  it("a message is one fragment, the last", () => {
    assert.equal(Buffer.from(frameRecord(Buffer.from("abc"))).toString("hex"), "80000003616263");
    assert.equal(Buffer.from(frameRecord(new Uint8Array())).toString("hex"), "80000000");
  });

  it("records come out whole, whatever fragments they are in and wherever the stream is cut", () => {
    const message = fc.uint8Array({ maxLength: 40 });
    const fragments = fc.array(message, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 6 }), fc.array(fc.nat(400)), (records, cuts) => {
        const stream = Buffer.concat(
          records.flatMap((parts) => parts.map((part, i) => fragment(part, i === parts.length - 1))),
        );
        const ends = [...new Set([...cuts.filter((cut) => cut < stream.length), stream.length])].sort((a, b) => a - b);
        const pieces = ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end));
        assert.deepEqual(
          readAll(pieces),
          records.map((parts) => Buffer.concat(parts)),
        );
      }),
    );
  });

  it("byte by byte, in the middle of headers too", () => {
    const stream = Buffer.concat([
      fragment(Buffer.from("ab"), false),
      fragment(Buffer.alloc(0), false),
      fragment(Buffer.from("c"), true),
      fragment(Buffer.alloc(0), true),
    ]);
    const records = readAll(Array.from(stream, (byte) => Uint8Array.of(byte)));
    assert.deepEqual(records.map(String), ["abc", ""]);
  });

  it("a record that was handed out does not change with what comes next", () => {
    const reader = new RecordReader(LIMITS);
    const kept: Uint8Array[] = [];
    const stream = [fragment(Buffer.from("first"), true), fragment(Buffer.from("other"), true)];
    for (const bytes of stream) {
      for (const byte of bytes) reader.push(Uint8Array.of(byte), (record) => kept.push(record));
    }
    assert.deepEqual(
      kept.map((record) => Buffer.from(record).toString()),
      ["first", "other"],
    );
  });

  it("a record at the bound passes, one byte more does not, in one fragment or in several", () => {
    const limits = { maxBytes: 8, maxFragments: 3 };
    const eight = Buffer.alloc(8);
    assert.equal(readAll([fragment(eight, true)], new RecordReader(limits)).length, 1);
    assert.equal(
      codeOf(() => readAll([fragment(Buffer.alloc(9), true)], new RecordReader(limits))),
      "RECORD_TOO_LARGE",
    );
    const split = [fragment(eight, false), fragment(Buffer.alloc(1), true)];
    assert.equal(
      codeOf(() => readAll(split, new RecordReader(limits))),
      "RECORD_TOO_LARGE",
    );
  });

  it("a header that promises 2 GiB is refused as it is read, and nothing is allocated for it", () => {
    assert.equal(
      codeOf(() => readAll([Buffer.from("ffffffff", "hex")])),
      "RECORD_TOO_LARGE",
    );
    // 4 MiB are promised, the bound, and one byte comes.
    const piece = Buffer.from("8040000000", "hex");
    const before = process.memoryUsage().arrayBuffers;
    const promised = new RecordReader(LIMITS);
    promised.push(piece, () => assert.fail());
    assert(process.memoryUsage().arrayBuffers - before < 64 * 1024);
    assert(promised.partial);
  });

  it("fragments without end are refused, though they hold nothing", () => {
    const empty = fragment(Buffer.alloc(0), false);
    const most = Array.from({ length: DEFAULT_MAX_FRAGMENTS - 1 }, () => empty);
    assert.equal(readAll([...most, fragment(Buffer.from("x"), true)]).length, 1);
    assert.equal(
      codeOf(() => readAll([...most, empty, empty])),
      "RECORD_TOO_FRAGMENTED",
    );
  });
});

describe("record marking: bytes that are put where they belong", () => {
  const LIMITS = { maxBytes: 100_000, maxFragments: 10 };
  const mark = (bytes: number, isLast = true): Buffer => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE((isLast ? 0x8000_0000 : 0) + bytes);
    return header;
  };

  it("are the record's, beside those that were pushed", () => {
    const records: string[] = [];
    const got = (record: Uint8Array): void => void records.push(Buffer.from(record).toString("latin1"));
    const reader = new RecordReader(LIMITS);
    assert.equal(reader.isAtMark, true);
    assert.equal(reader.place(1, 10), undefined, "a mark comes first");
    reader.push(mark(7, false), got);
    assert.equal(reader.isAtMark, false);
    assert.equal(reader.place(1, 10), undefined, "nothing has come");
    reader.push(Buffer.from("-"), got);
    assert.equal(reader.place(7, 10), undefined, "it has fewer left");
    const first = reader.place(6, 4);
    assert.equal(first?.length, 4);
    first.set(Buffer.from("abcd"));
    reader.filled(4, got);
    reader.push(Buffer.from("ef"), got);
    assert.deepEqual([reader.isAtMark, reader.partial], [true, true]);
    reader.push(mark(3), got);
    const last = reader.place(1, 10);
    assert.equal(last?.length, 3);
    last.set(Buffer.from("ghi"));
    reader.filled(2, got);
    assert.deepEqual(records, []);
    reader.filled(1, got);
    assert.deepEqual(records, ["-abcdefghi"]);
    assert.deepEqual([reader.isAtMark, reader.partial], [true, false]);
  });

  it("follow what was pushed in one memory, where they are more than it", () => {
    const records: Uint8Array[] = [];
    const reader = new RecordReader(LIMITS);
    const bytes = Buffer.from(Array.from({ length: 40_000 }, (_, i) => i * 7));
    const got = (record: Uint8Array): void => void records.push(record);
    reader.push(Buffer.concat([mark(bytes.length), bytes.subarray(0, 15_000)]), got);
    const place = reader.place(1, 100_000);
    assert.equal(place?.length, 25_000);
    place.set(bytes.subarray(15_000));
    reader.filled(25_000, got);
    assert.deepEqual(Buffer.from(records[0] ?? []), bytes);
    assert.equal(records[0]?.buffer, place.buffer, "nothing was copied when it ended");
  });

  it("of many fragments are not copied for each", () => {
    let record: Uint8Array | undefined;
    const got = (bytes: Uint8Array): void => void (record = bytes);
    const reader = new RecordReader({ maxBytes: 100_000, maxFragments: 100 });
    let longest = 0;
    for (let i = 0; i < 80; i++) {
      reader.push(mark(1000, i === 79), got);
      if (i === 0) reader.push(Buffer.alloc(1000), got);
      for (let left = i === 0 ? 0 : 1000; left > 0;) {
        const place = reader.place(1, left);
        assert(place !== undefined && place.length > 0);
        place.fill(i);
        longest = Math.max(longest, place.buffer.byteLength);
        left -= place.length;
        reader.filled(place.length, got);
      }
    }
    assert.equal(longest, 4096, "what the first was copied into; then each is left where it is until the record ends");
    assert.deepEqual(
      Buffer.from(record ?? []),
      Buffer.concat(Array.from({ length: 80 }, (_, i) => Buffer.alloc(1000, i))),
    );
  });

  it("and the memory for them are let go with the record, and with a mark that promises too much", () => {
    const budget = new ByteBudget(1_000_000);
    const reader = new RecordReader({ ...LIMITS, budget });
    const none = (): void => assert.fail("a record has ended");
    reader.push(Buffer.concat([mark(50_000), Buffer.alloc(2000)]), none);
    assert.notEqual(reader.place(1, 20_000), undefined);
    assert(budget.used > 0);
    reader.abandon();
    assert.deepEqual([budget.used, reader.place(1, 20_000)], [0, undefined]);
  });

  it("a mark makes it reserve 16 times what has come, and no more", () => {
    const budget = new ByteBudget(2_000_000);
    const reader = new RecordReader({ maxBytes: 1_000_000, maxFragments: 1, budget });
    const none = (): void => assert.fail("a record has ended");
    reader.push(mark(1_000_000), none);
    assert.deepEqual([reader.place(1, 1000), budget.used], [undefined, 0]);
    reader.push(Buffer.alloc(20_000), none);
    assert.deepEqual([reader.place(320_001, 1000), budget.used], [undefined, 20_000]);
    assert.equal(reader.place(320_000, 1000)?.length, 1000);
    assert.equal(budget.used, 340_000);
    reader.filled(1000, none);
    assert.equal(reader.place(1, 500_000)?.length, 319_000, "what is there is filled up first");
    assert.equal(budget.used, 340_000);
    reader.filled(319_000, none);
    reader.place(1, 20_000);
    assert.equal(budget.used, 1_000_000, "as long as it is");
    reader.abandon();
    assert.equal(budget.used, 0);
  });
});

describe("record marking: a budget that connections share", () => {
  const begin = (bytes: number): Buffer => fragment(Buffer.alloc(100_000), true).subarray(0, 4 + bytes);

  function readers(maxBytes: number): { budget: ByteBudget; make: (name: string) => RecordReader; evicted: string[] } {
    const budget = new ByteBudget(maxBytes);
    const evicted: string[] = [];
    const make = (name: string): RecordReader =>
      new RecordReader({ maxBytes: 200_000, maxFragments: 9, budget }, ({ code }) => evicted.push(`${name} ${code}`));
    return { budget, make, evicted };
  }

  it("makes the largest record go, where another one needs what is not there", () => {
    const { budget, make, evicted } = readers(100_000);
    const [a, b, c, d] = ["a", "b", "c", "d"].map(make) as [RecordReader, RecordReader, RecordReader, RecordReader];
    const none = (): void => assert.fail("a record has ended");
    a.push(begin(20_000), none);
    b.push(begin(50_000), none);
    c.push(begin(25_000), none);
    assert.deepEqual([budget.used, evicted], [95_000, []]);
    d.push(begin(10_000), none);
    assert.deepEqual([budget.used, evicted, b.partial], [55_000, ["b RECORDS_TOO_LARGE"], false]);
    // The one that would be the largest itself goes.
    assert.throws(() => { d.push(Buffer.alloc(60_000), none); }, { code: "RECORDS_TOO_LARGE" }); // prettier-ignore
    assert.deepEqual(evicted, ["b RECORDS_TOO_LARGE"]);
    d.abandon();
    // What it would hold in the end is what counts.
    b.push(begin(50_000), none);
    a.push(Buffer.alloc(24_000), none);
    assert.deepEqual([budget.used, evicted.slice(1)], [69_000, ["b RECORDS_TOO_LARGE"]]);
    for (const reader of [a, b, c, d]) reader.abandon();
    assert.equal(budget.used, 0);
  });
});
