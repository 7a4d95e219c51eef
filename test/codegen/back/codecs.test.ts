import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { type XdrCodec, XdrError, decode, encode } from "tsrpcgen/xdr";
import { projectOfCases, root } from "./golden.ts";

/** The exports of a generated module; the values are untyped here, the compiler's turn is in compile.test.ts. */
type Module = Record<string, XdrCodec<unknown>>;

/** `"a: 1"` rows: a codec of a case, a value, and its bytes by RFC 4506. */
const rows: readonly (readonly [string, string, unknown, string])[] = [
  [
    "rfc4506",
    "FileCodec",
    {
      filename: "sillyprog",
      type: { kind: 2, interpretor: "lisp" },
      owner: "john",
      data: Uint8Array.from(Buffer.from("(quit)")),
    },
    "00000009 73696c6c 7970726f 67000000 00000002 00000004 6c697370 00000004 6a6f686e 00000006 28717569 74290000",
  ],
  ["rfc4506", "FiletypeCodec", { kind: 0 }, "00000000"],
  ["enums", "ImpliedCodec", -2, "fffffffe"],
  ["recursion", "SpecCodec", { type: 1, list: { element: { type: 0 } } }, "00000001 00000000"],
  [
    "recursion",
    "HolderCodec",
    {
      before: { type: 2, mapping: { key: { type: 0 }, value: { type: 1, list: { element: { type: 0 } } } } },
      all: [],
      lists: [{ element: { type: 0 } }],
    },
    "00000002 00000000 00000001 00000000 00000000 00000001 00000000",
  ],
  ["enums", "StatCodec", 10001, "00002711"],
  [
    "structs",
    "AttributesCodec",
    {
      type: 1,
      count: -2,
      mode: 0xffffffff,
      size: -3n,
      used: 4n,
      hidden: true,
      ratio: 0.5,
      exact: 0.25,
      wide: new Uint8Array(16).fill(0xab),
      handle: Uint8Array.of(1, 2, 3, 4, 5, 6),
      delta: -5,
      port: 65535,
      sign: -128,
      octet: 255,
      atime: { seconds: 6, nseconds: 7 },
      mtime: { seconds: 8, nseconds: 9 },
    },
    "00000001 fffffffe ffffffff fffffffffffffffd 0000000000000004 00000001 3f000000 3fd0000000000000" +
      `${"ab".repeat(16)} 010203040506 0000 fffffffb 0000ffff ffffff80 000000ff 00000006 00000007 00000008 00000009`,
  ],
  [
    "structs",
    "MixedCodec",
    { name: "é", before: 1, after: 2, data: Uint8Array.of(9), when: { seconds: 3, nseconds: 4 } },
    "00000002 c3a90000 00000001 00000002 00000001 09000000 00000003 00000004",
  ],
  [
    "lists",
    "NodeCodec",
    { id: 1n, data: new Uint8Array(), next: { id: 2n, data: Uint8Array.of(1), next: null } },
    "0000000000000001 00000000 00000001 0000000000000002 00000001 01000000 00000000",
  ],
  ["lists", "DirectoryCodec", { entries: null, eof: true }, "00000000 00000001"],
  [
    "lists",
    "DirectoryCodec",
    { entries: { name: "a", next: { name: "", next: null } }, eof: false },
    "00000001 00000001 61000000 00000001 00000000 00000000 00000000",
  ],
  [
    "lists",
    "TreeCodec",
    { value: 1, left: { tree: { value: 2, left: null, right: null } }, right: null },
    "00000001 00000001 00000001 00000002 00000000 00000000 00000000",
  ],
  [
    "arrays",
    "ArraysCodec",
    {
      ints: [1, -1],
      bounded: [],
      fixed: [1n, 2n],
      doubles: [1],
      flags: [true, false],
      colors: [1, 0],
      points: [{ x: 1, y: 2 }],
      maybes: [{ known: true, value: 7 }, { known: false }],
      words: ["ab"],
      grid: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      bytes: Uint8Array.of(255),
      optional: { x: 3, y: 4 },
    },
    "00000002 00000001 ffffffff 00000000 0000000000000001 0000000000000002 00000001 3ff0000000000000" +
      "00000002 00000001 00000000 00000001 00000000 00000001 00000001 00000002 00000002 00000001 00000007 00000000" +
      "00000001 00000002 61620000 00000001 00000002 00000003 00000004 00000005 00000006 00000001 ff000000" +
      "00000001 00000003 00000004",
  ],
  ["unions", "ShapeCodec", { c: 2, exact: { r: 1, g: 2, b: 3 } }, "00000002 00000001 00000002 00000003"],
  ["unions", "PaintCodec", { c: 1, amount: 5 }, "00000001 00000005"],
  ["unions", "PaintCodec", { c: 2 }, "00000002"],
  ["unions", "ResultCodec", { status: 2, reason: "no" }, "00000002 00000002 6e6f0000"],
  ["unions", "ResultCodec", { status: -9, code: 4 }, "fffffff7 00000004"],
  ["unions", "ClosedCodec", { version: 4, cookie: 1n }, "00000004 0000000000000001"],
  ["unions", "OptionCodec", { present: false }, "00000000"],
  ["unions", "SharedCodec", { v: 2, data: "x" }, "00000002 00000001 78000000"],
  ["unions", "ClashCodec", { stat: 0, stat_: 6 }, "00000000 00000006"],
  ["anonymous", "MessageCodec", { xid: 1, body: { mtype: 1, rbody: new Uint8Array() } }, "00000001 00000001 00000000"],
  [
    "anonymous",
    "MessageCodec",
    { xid: 1, body: { mtype: 0, cbody: { prog: 5, urgency: 2 } } },
    "00000001 00000000 00000005 00000002",
  ],
  [
    "typedefs",
    "UserCodec",
    {
      c: 1,
      h: new Uint8Array(32).fill(1),
      k: Uint8Array.of(2),
      n: "f",
      cs: [3],
      p: { a: 4, b: 5 },
      f: true,
    },
    `00000001 ${"01".repeat(32)} 00000001 02000000 00000001 66000000 00000001 00000003 00000001 00000004 00000005 00000001`,
  ],
  [
    "strings-latin1",
    "TextsCodec",
    {
      any: "\xe9\x80",
      shortOne: "ab",
      named: "",
      titles: ["\xff"],
      two: ["a", "b"],
      perhaps: "\0",
      data: Uint8Array.of(0xe9),
    },
    "00000002 e9800000 00000002 61620000 00000000 00000001 00000001 ff000000 00000001 61000000 00000001 62000000" +
      "00000001 00000001 00000000 00000001 e9000000",
  ],
  ["strings-latin1", "AnswerCodec", { ok: true, text: "caf\xe9s" }, "00000001 00000005 636166e9 73000000"],
  [
    "strings-latin1",
    "WordsCodec",
    { word: "\xe9", next: { word: "", next: null } },
    "00000001 e9000000 00000001 00000000 00000000",
  ],
  ["strings-latin1", "TextProgV1.echo.args", "\xe9", "00000001 e9000000"],
  ["strings-latin1", "TextProgV1.echo.result", "\xe9", "00000001 e9000000"],
  ["strings-latin1", "TextProgV1.clip.args", "\xe9", "00000001 e9000000"],
  ["strings-latin1", "TextProgV1.rename.args", ["\xe9", "a", 1], "00000001 e9000000 00000001 61000000 00000001"],
  [
    "strings-bytes",
    "TextsCodec",
    {
      any: Uint8Array.of(0xc3, 0x28),
      shortOne: Uint8Array.of(1, 2),
      named: new Uint8Array(),
      titles: [Uint8Array.of(255)],
      two: [Uint8Array.of(3), Uint8Array.of(4)],
      perhaps: Uint8Array.of(0),
      data: Uint8Array.of(0xe9),
    },
    "00000002 c3280000 00000002 01020000 00000000 00000001 00000001 ff000000 00000001 03000000 00000001 04000000" +
      "00000001 00000001 00000000 00000001 e9000000",
  ],
  ["strings-bytes", "AnswerCodec", { ok: true, text: Uint8Array.of(0xff) }, "00000001 00000001 ff000000"],
  ["strings-bytes", "TextProgV1.echo.args", Uint8Array.of(0xff), "00000001 ff000000"],
  ["strings-bytes", "TextProgV1.clip.result", Uint8Array.of(0xff, 0), "00000002 ff000000"],
  [
    "strings-bytes",
    "TextProgV1.rename.args",
    [Uint8Array.of(0xff), Uint8Array.of(1), 1],
    "00000001 ff000000 00000001 01000000 00000001",
  ],
  ["hyper-number", "SingleCodec", { only: -1 }, "ffffffffffffffff"],
  ["hyper-number", "SingleCodec", { only: -(2 ** 32) }, "ffffffff00000000"],
  ["hyper-number", "SingleCodec", { only: Number.MAX_SAFE_INTEGER }, "001fffffffffffff"],
  ["hyper-number", "SingleCodec", { only: Number.MIN_SAFE_INTEGER }, "ffe0000000000001"],
  ["hyper-number", "OffsetCodec", 2 ** 33 + 5, "0000000200000005"],
  [
    "hyper-number",
    "ExtentCodec",
    { start: -2, length: 2 ** 32 - 1, flags: 1, marks: [2 ** 31], pair: [0, 2 ** 53 - 1], next: 3 },
    "fffffffffffffffe 00000000ffffffff 00000001 00000001 0000000080000000 0000000000000000 001fffffffffffff 00000001 0000000000000003",
  ],
  ["hyper-number", "SizeCodec", { kind: 0 }, "0000000000000000"],
  ["hyper-number", "SizeCodec", { kind: 2 ** 53 - 1, most: -1 }, "001fffffffffffff ffffffffffffffff"],
  ["hyper-number", "SizeCodec", { kind: 2 ** 32, other: 7 }, "0000000100000000 0000000000000007"],
  ["hyper-number", "ChangeCodec", { by: -1 }, "ffffffffffffffff"],
  ["hyper-number", "ExtentProgV1.find.args", [2 ** 40, -(2 ** 40)], "0000010000000000 ffffff0000000000"],
  [
    "arrays-typed",
    "SamplesCodec",
    {
      ints: Int32Array.of(-1, 2),
      counts: Uint32Array.of(2 ** 32 - 1),
      hypers: BigInt64Array.of(-2n),
      times: BigUint64Array.of(1n, 2n ** 64n - 1n),
      floats: Float32Array.of(1.5),
      exact: Float64Array.of(0, -1, 0.5),
      all: Int32Array.of(3),
      some: null,
      grid: [Float32Array.of(1, 2, 3), Float32Array.of(-1, -2, -3)],
      few: new Float64Array(),
      shorts: [-3],
      flags: [true],
      fixed: Int32Array.of(4, 5, 6),
    },
    "00000002 ffffffff 00000002 00000001 ffffffff 00000001 fffffffffffffffe 0000000000000001 ffffffffffffffff " +
      "00000001 3fc00000 0000000000000000 bff0000000000000 3fe0000000000000 00000001 00000003 00000000 " +
      "3f800000 40000000 40400000 bf800000 c0000000 c0400000 00000000 00000001 fffffffd 00000001 00000001 " +
      "00000004 00000005 00000006",
  ],
  ["arrays-typed", "ReadingCodec", { kind: 0, raw: Int32Array.of(7) }, "00000000 00000001 00000007"],
  [
    "arrays-typed",
    "ReadingCodec",
    { kind: 1, scaled: Float64Array.of(1, 2) },
    "00000001 3ff0000000000000 4000000000000000",
  ],
  ["arrays-typed", "SampleProgV1.scale.args", [Float64Array.of(1), 2], "00000001 3ff0000000000000 4000000000000000"],
  ["open-enums", "ColorCodec", 2, "00000002"],
  ["open-enums", "ColorCodec", 3, "00000003"],
  ["open-enums", "ColorCodec", -(2 ** 31), "80000000"],
  ["open-enums", "PaintColorCodec", 1000, "000003e8"],
  ["open-enums", "PixelCodec", { x: 1, c: 9, under: 0 }, "00000001 00000009 00000000"],
  [
    "open-enums",
    "PictureCodec",
    { palette: [0, 77], first: { x: 1, c: 2, under: 3 }, frame: 4, pair: [5, 6], status: 7 },
    "00000002 00000000 0000004d 00000001 00000002 00000003 00000001 00000004 00000005 00000006 00000007",
  ],
  ["open-enums", "ShapeCodec", { c: 0, radius: 5 }, "00000000 00000005"],
  ["open-enums", "ResultCodec", { status: 0, data: Uint8Array.of(1) }, "00000000 00000001 01000000"],
  ["open-enums", "ResultCodec", { status: 2, path: "a" }, "00000002 00000001 61000000"],
  ["open-enums", "ResultCodec", { status: 70 }, "00000046"],
  ["open-enums", "ResultCodec", { status: 12345 }, "00003039"],
  ["open-enums", "CompleteCodec", { c: 1 }, "00000001"],
  ["open-enums", "CompleteCodec", { c: 3, code: 4 }, "00000003 00000004"],
  ["open-enums", "ColorProgV1.mix.args", [8, 9], "00000008 00000009"],
  [
    "verbatim",
    "LOOKUP3resCodec",
    { the_kind: 1, resok_attrs: { kind: 2, tint: 1, file_mode: 3, SIZE: 4n, obj_name: "n" } },
    "00000001 00000002 00000001 00000003 0000000000000004 00000001 6e000000",
  ],
  [
    "verbatim",
    "nodeCodec",
    { node_name: "a", keys: [1], next_node: { node_name: "", keys: [], next_node: null } },
    "00000001 61000000 00000001 00000001 00000001 00000000 00000000 00000000",
  ],
  ["verbatim", "outerCodec", { inner_part: { in_it: 1 } }, "00000001"],
  ["verbatim", "DATE_PROG_V1.STR_DATE.result", "x", "00000001 78000000"],
  ["verbatim-awkward", "__protoCodec", { ["__proto__"]: true, proto: Uint8Array.of(1) }, "00000001 00000001 01000000"],
  [
    "verbatim-awkward",
    "itemCodec",
    { items: [{ value: 1, w: [2] }], item: null },
    "00000001 00000001 00000001 00000002 00000000",
  ],
  ["awkward", "ProtoCodec", { ["__proto__"]: 1, proto: 2 }, "00000001 00000002"],
];

describe("generated codecs", function () {
  this.timeout(60_000);
  let project: string;
  const modules = new Map<string, Module>();

  before(async () => {
    project = await projectOfCases();
    const tsconfig = { compilerOptions: { target: "ES2022", module: "NodeNext", types: ["node"], outDir: "out" } };
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({ ...tsconfig, exclude: ["**/*_*.ts", "**/usage.ts"] }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    assert.equal(status, 0, stdout);
    for (const name of new Set(rows.map(([name]) => name))) {
      const url = pathToFileURL(join(project, "out", name, "input.js")).href;
      modules.set(name, (await import(url)) as Module);
    }
  });

  after(() => {
    rmSync(project, { recursive: true, force: true });
  });

  function codec(name: string, type: string): XdrCodec<unknown> {
    let found: unknown = modules.get(name);
    for (const part of type.split(".")) found = (found as Readonly<Record<string, unknown>> | undefined)?.[part];
    assert(found !== undefined, `${name} has no ${type}`);
    return found as XdrCodec<unknown>;
  }

  for (const [name, type, value, hex] of rows) {
    it(`${name}: ${type} gives ${hex.slice(0, 40)}…`, () => {
      const bytes = encode(codec(name, type), value);
      assert.equal(Buffer.from(bytes).toString("hex"), hex.replaceAll(" ", ""));
      assert.deepEqual(decode(codec(name, type), bytes), value);
    });
  }

  it("__proto__ is a property like any other", () => {
    const value = decode(codec("awkward", "ProtoCodec"), new Uint8Array([0, 0, 0, 1, 0, 0, 0, 2]));
    assert.deepEqual(Object.entries(value as object), [
      ["__proto__", 1],
      ["proto", 2],
    ]);
  });

  const failures: readonly (readonly [string, string, string, string, string, number])[] = [
    ["rfc4506", "FileCodec", "00000100", "XDR_LENGTH", "File.filename", 0],
    ["rfc4506", "FileCodec", "00000000 00000003", "XDR_ENUM", "Filetype.kind", 4],
    ["unions", "ClosedCodec", "00000005", "XDR_UNION", "Closed.version", 0],
    ["structs", "MixedCodec", "00000000 00000001", "XDR_TRUNCATED", "Mixed", 4],
    ["arrays", "ArraysCodec", "7fffffff", "XDR_TRUNCATED", "Arrays.ints", 0],
    ["arrays", "ArraysCodec", "00000000 00000005", "XDR_LENGTH", "Arrays.bounded", 4],
    ["strings-latin1", "TextsCodec", "00000000 0000000d", "XDR_LENGTH", "Texts.shortOne", 4],
    ["strings-latin1", "TextsCodec", "00000001 e9000001", "XDR_PADDING", "Texts.any", 7],
    ["strings-latin1", "TextProgV1.clip.args", "0000000b", "XDR_LENGTH", "TextProgV1.clip", 0],
    ["strings-bytes", "TextsCodec", "00000000 0000000d", "XDR_LENGTH", "Texts.shortOne", 4],
    ["strings-bytes", "TextProgV1.clip.args", "0000000b", "XDR_LENGTH", "TextProgV1.clip", 0],
    ["hyper-number", "SingleCodec", "0020000000000000", "XDR_RANGE", "Single.only", 0],
    ["hyper-number", "SingleCodec", "ffe0000000000000", "XDR_RANGE", "Single.only", 0],
    ["hyper-number", "SizeCodec", "ffffffffffffffff", "XDR_RANGE", "Size.kind", 0],
    ["hyper-number", "ChangeCodec", "0000000000000002", "XDR_UNION", "Change.by", 4],
    ["arrays-typed", "SamplesCodec", "7fffffff", "XDR_TRUNCATED", "Samples.ints", 0],
    ["arrays-typed", "SamplesCodec", "00000000 00000005", "XDR_LENGTH", "Samples.counts", 4],
    ["arrays-typed", "ReadingCodec", "00000001 3ff0000000000000", "XDR_TRUNCATED", "Reading.scaled", 4],
    ["open-enums", "ShapeCodec", "00000002", "XDR_UNION", "Shape.c", 0],
    ["open-enums", "ShapeCodec", "00000007", "XDR_UNION", "Shape.c", 0],
    ["verbatim", "LOOKUP3resCodec", "00000003", "XDR_ENUM", "LOOKUP3res.the_kind", 0],
    ["verbatim", "file_nameCodec", "00000009", "XDR_LENGTH", "file_name", 0],
    ["lists", "NodeCodec", "0000000000000001 00000000 00000002", "XDR_BOOL", "Node.next", 12],
  ];
  for (const [name, type, hex, code, place, offset] of failures) {
    it(`${type} of ${hex}: ${code} at ${place}`, () => {
      const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
      assert.throws(() => decode(codec(name, type), bytes), { name: "XdrError", code, place, offset });
    });
  }

  const refused: readonly (readonly [string, string, unknown, string, string])[] = [
    ["rfc4506", "FiletypeCodec", { kind: 1, creator: "x".repeat(256) }, "XDR_LENGTH", "Filetype.creator"],
    ["rfc4506", "FiletypeCodec", { kind: 7 }, "XDR_ENUM", "Filetype.kind"],
    ["unions", "ResultCodec", { status: 0 }, "XDR_TYPE", "Result.list"],
    ["unions", "ClosedCodec", { version: 5 }, "XDR_UNION", "Closed.version"],
    ["arrays", "MatrixCodec", [[1, 2, 3]], "XDR_LENGTH", "Matrix"],
    ["strings-latin1", "AnswerCodec", { ok: true, text: "\u20ac" }, "XDR_LATIN1", "Answer.text"],
    ["strings-latin1", "TitleCodec", "x".repeat(13), "XDR_LENGTH", "Title"],
    ["strings-bytes", "AnswerCodec", { ok: true, text: "text" }, "XDR_TYPE", "Answer.text"],
    ["strings-bytes", "TitleCodec", new Uint8Array(13), "XDR_LENGTH", "Title"],
    ["hyper-number", "SingleCodec", { only: 2 ** 53 }, "XDR_RANGE", "Single.only"],
    ["hyper-number", "SingleCodec", { only: 0.5 }, "XDR_RANGE", "Single.only"],
    ["hyper-number", "SingleCodec", { only: 5n }, "XDR_TYPE", "Single.only"],
    ["hyper-number", "SizeCodec", { kind: 1, other: -1 }, "XDR_RANGE", "Size.other"],
    ["arrays-typed", "IdsCodec", [1], "XDR_TYPE", "Ids"],
    ["arrays-typed", "IdsCodec", Uint32Array.of(1), "XDR_TYPE", "Ids"],
    ["arrays-typed", "VectorCodec", Float32Array.of(1), "XDR_LENGTH", "Vector"],
    ["open-enums", "ColorCodec", 2 ** 31, "XDR_RANGE", "Color"],
    ["open-enums", "ColorCodec", 0.5, "XDR_RANGE", "Color"],
    ["open-enums", "ShapeCodec", { c: 2 }, "XDR_UNION", "Shape.c"],
    ["open-enums", "CompleteCodec", { c: 3 }, "XDR_TYPE", "Complete.code"],
    ["structs", "SingleCodec", { only: 2 ** 31 }, "XDR_RANGE", "Single.only"],
  ];
  for (const [name, type, value, code, place] of refused) {
    it(`${type} is not encoded from what does not fit: ${code} at ${place}`, () => {
      assert.throws(() => encode(codec(name, type), value), { name: "XdrError", code, place });
    });
  }

  it("a list of a million nodes is written and read in a loop", () => {
    type Node = { id: bigint; data: Uint8Array; next: Node | null } | null;
    const data = new Uint8Array();
    let list: Node = null;
    for (let i = 0; i < 1_000_000; i++) list = { id: BigInt(i), data, next: list };
    const bytes = encode(codec("lists", "NodeCodec"), list);
    assert.equal(bytes.length, 16_000_000);
    let count = 0;
    for (let node = decode(codec("lists", "NodeCodec"), bytes) as Node; node !== null; node = node.next) count++;
    assert.equal(count, 1_000_000);
  });

  it("other recursion has a limit of depth, in both directions", () => {
    const tree = codec("lists", "TreeCodec");
    interface Tree {
      value: number;
      left: { tree: Tree | null } | null;
      right: null;
    }
    const chain = (trees: number): Tree => {
      let value: Tree = { value: 0, left: null, right: null };
      for (let i = 1; i < trees; i++) value = { value: i, left: { tree: value }, right: null };
      return value;
    };
    const deepest = chain(128); // a tree and a branch for each but the last: 255 levels
    const bytes = encode(tree, deepest);
    assert.deepEqual(decode(tree, bytes), deepest);
    assert.throws(() => encode(tree, chain(130)), { code: "XDR_DEPTH" });
    const deeper = encode(tree, chain(130), { maxDepth: 1000 });
    assert.throws(() => decode(tree, deeper), { code: "XDR_DEPTH" });
  });

  it("arbitrary values come back, and arbitrary bytes give a value or an XdrError", () => {
    const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const plain = { noNullPrototype: true };
    const result = fc.oneof(
      fc.record({ status: fc.constant(0), list: fc.array(int) }, plain),
      fc.record({ status: fc.constantFrom(1, 2), reason: fc.string({ unit: "grapheme" }) }, plain),
      fc.record({ status: int.filter((status) => status < 0 || status > 2), code: int }, plain),
    );
    fc.assert(
      fc.property(result, (value) => {
        const bytes = encode(codec("unions", "ResultCodec"), value);
        assert.deepEqual(decode(codec("unions", "ResultCodec"), bytes), value);
      }),
    );
    const types = rows.map(([name, type]) => codec(name, type));
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
        try {
          decode(type, bytes);
        } catch (error) {
          assert(error instanceof XdrError, String(error));
        }
      }),
    );
  });
});
