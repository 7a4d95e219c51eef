import assert from "node:assert/strict";
import { emitJson } from "../../../src/codegen/json/emit.ts";
import { Folder, parse, tsrpcgen } from "./support.ts";

const MISTAKE = "struct point {\n  int x;\n  lost y;\n};\nconst A = 1;\nconst A = 2;\n";

describe("tsrpcgen --format json", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(() => {
    folder.remove();
  });

  it("gives each diagnostic with its place, on standard error", async () => {
    const input = folder.write("a.x", MISTAKE);
    const { status, stdout, stderr } = await tsrpcgen("--format", "json", "-h", input);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    const [unknown, duplicate, ...rest] = JSON.parse(stderr) as Record<string, unknown>[];
    assert.deepEqual(rest, []);
    assert.deepEqual(unknown, {
      severity: "error",
      code: "unknown-type",
      message: "nothing defines the type 'lost'",
      file: input,
      line: 3,
      column: 3,
      endLine: 3,
      endColumn: 7,
      source: input,
      start: 26,
      end: 30,
      hint: unknown?.["hint"],
      notes: [],
    });
    assert.equal(typeof unknown["hint"], "string");
    assert.equal(duplicate?.["code"], "duplicate-definition");
    const [note] = duplicate["notes"] as Record<string, unknown>[];
    assert.deepEqual([note?.["message"], note?.["line"], note?.["column"]], ["first defined here", 5, 7]);
    assert.equal(stderr.split("\n").length, 5, "a line for each");
  });

  it("without anything to say it is an empty array", async () => {
    const input = folder.write("a.x", "struct s { int a; };");
    assert.deepEqual(await tsrpcgen("--format", "json", input), { status: 0, stdout: "", stderr: "[]\n" });
  });

  it("all else that is said is in the array, too", async () => {
    const input = folder.write("a.x", "%#include <x.h>\nstruct s { int a; };");
    folder.write("a_client.ts", "");
    const { stderr } = await tsrpcgen("--format", "json", "--verbose", "-M", input);
    const told = (JSON.parse(stderr) as Record<string, unknown>[]).map(({ severity, code, line }) => [
      severity,
      code,
      line,
    ]);
    assert.deepEqual(told, [
      ["note", "note", null],
      ["note", "left-out", 1],
      ["note", "note", null],
    ]);
    const missing = await tsrpcgen("--format", "json", folder.at("none.x"));
    assert.equal(missing.status, 1);
    const [failure] = JSON.parse(missing.stderr) as Record<string, unknown>[];
    assert.deepEqual([failure?.["severity"], failure?.["code"], failure?.["file"]], ["error", "failure", null]);
    assert.match(String(failure?.["message"]), /^can't read .*none\.x: no such file or directory$/);
    const clash = await tsrpcgen("--format", "json", "-h", "-o", input, input);
    assert.equal(clash.status, 1);
    assert.match(String((JSON.parse(clash.stderr) as { message: string }[])[0]?.message), /is an input/);
  });

  it("a line marker changes file and line, and not the offsets", async () => {
    const input = folder.write("a.x", '# 40 "orig.x"\nstruct s { lost y; };\n');
    const { stderr } = await tsrpcgen("--format", "json", input);
    const [{ file, line, source, start } = {}] = JSON.parse(stderr) as Record<string, unknown>[];
    assert.deepEqual({ file, line, source, start }, { file: "orig.x", line: 40, source: input, start: 25 });
  });
});

const ALL = `/* How many. */
const SIZE = 0x10;
const TEXT = "a\\"b";
enum color { RED = 1, GREEN };
typedef opaque key[SIZE];
struct node { key k; color c; string name<>; node *next; };
union u switch (hyper h) { case 5000000000: int a; case -1: case 2: void; default: node n<3>; };
program P { version V { node GET(u, color *) = 1; void NOP(void) = 2; } = 3; } = 0x20000001;
%ts export type Mine = number;
`;

describe("tsrpcgen --emit", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = new Folder();
  });

  afterEach(() => {
    folder.remove();
  });

  /** Without places, which have cases of their own. */
  function bare(value: unknown): unknown {
    return JSON.parse(
      JSON.stringify(value, (key, member: unknown) =>
        key === "place" || key === "namePlace" || key === "source" || key === "doc" ? undefined : member,
      ),
    );
  }

  it("model: names looked up, constants evaluated, types by name", () => {
    const { json, diagnostics } = emitJson("model", { path: "all.x", text: ALL });
    assert.deepEqual(diagnostics, []);
    const int32 = { kind: "primitive", name: "int32" };
    assert.deepEqual(bare(json), {
      tsrpcgen: { format: 1, emit: "model" },
      file: "all.x",
      definitions: [
        { kind: "const", name: "SIZE", type: "integer", value: "16" },
        { kind: "const", name: "TEXT", type: "text", value: 'a"b' },
        {
          kind: "enum",
          name: "color",
          members: [
            { name: "RED", value: 1 },
            { name: "GREEN", value: 2 },
          ],
        },
        { kind: "typedef", name: "key", type: { kind: "fixed-opaque", length: 16 }, recursive: false },
        {
          kind: "struct",
          name: "node",
          fields: [
            { name: "k", type: { kind: "ref", to: "key" } },
            { name: "c", type: { kind: "ref", to: "color" } },
            { name: "name", type: { kind: "string", max: null } },
            { name: "next", type: { kind: "optional", element: { kind: "ref", to: "node" } } },
          ],
          listField: "next",
          recursive: false,
        },
        {
          kind: "union",
          name: "u",
          discriminant: {
            name: "h",
            type: { kind: "primitive", name: "int64" },
            base: { kind: "primitive", name: "int64" },
          },
          arms: [
            { labels: [{ value: "5000000000", text: "5000000000", member: null }], field: { name: "a", type: int32 } },
            {
              labels: [
                { value: "-1", text: "-1", member: null },
                { value: "2", text: "2", member: null },
              ],
              field: null,
            },
          ],
          default: { field: { name: "n", type: { kind: "array", element: { kind: "ref", to: "node" }, max: 3 } } },
          recursive: false,
        },
        {
          kind: "program",
          name: "P",
          number: 0x20000001,
          versions: [
            {
              name: "V",
              number: 3,
              procedures: [
                {
                  name: "GET",
                  number: 1,
                  arguments: [
                    { name: null, type: { kind: "ref", to: "u" } },
                    { name: null, type: { kind: "optional", element: { kind: "ref", to: "color" } } },
                  ],
                  result: { kind: "ref", to: "node" },
                },
                { name: "NOP", number: 2, arguments: [], result: { kind: "primitive", name: "void" } },
              ],
            },
          ],
        },
      ],
      externals: [],
    });
  });

  it("external types stand by themselves", () => {
    const externals = {
      types: new Map([["other", { module: "./other.js", type: "Other", codec: "OtherCodec", minimumBytes: 8 }]]),
      constants: new Map([["N", 5n]]),
    };
    const text = "struct s { other a<N>; other b; };";
    const { json } = emitJson("model", { path: "a.x", text }, { externals });
    assert.deepEqual(json?.["externals"], [
      { name: "other", module: "./other.js", type: "Other", codec: "OtherCodec", minimumBytes: 8 },
    ]);
    const [{ fields } = {}] = bare(json["definitions"]) as { fields?: unknown }[];
    const other = { kind: "external", to: "other" };
    assert.deepEqual(fields, [
      { name: "a", type: { kind: "array", element: other, max: 5 } },
      { name: "b", type: other },
    ]);
  });

  it("ast: what the text says", () => {
    const { json, diagnostics } = emitJson("ast", { path: "all.x", text: ALL });
    assert.deepEqual(diagnostics, []);
    const { definitions, passthroughs } = bare(json) as {
      definitions: Record<string, unknown>[];
      passthroughs: unknown;
    };
    assert.deepEqual(
      definitions.map(({ kind, name }) => [kind, name]),
      [
        ["const", "SIZE"],
        ["const", "TEXT"],
        ["type", "color"],
        ["typedef", "key"],
        ["type", "node"],
        ["type", "u"],
        ["program", "P"],
      ],
    );
    assert.deepEqual(definitions[0], {
      kind: "const",
      name: "SIZE",
      value: { kind: "number", value: "16", text: "0x10" },
    });
    assert.deepEqual(definitions[3], {
      kind: "typedef",
      name: "key",
      declaration: {
        name: "key",
        type: { kind: "opaque" },
        isPointer: false,
        shape: { kind: "fixed", size: { kind: "name", name: "SIZE" } },
      },
    });
    const [version] = definitions[6]?.["versions"] as { procedures: { arguments: unknown[] }[] }[];
    assert.deepEqual(version?.procedures[0]?.arguments[1], {
      name: null,
      type: { kind: "reference", keyword: null, name: "color" },
      isPointer: true,
      shape: { kind: "plain" },
    });
    assert.deepEqual(passthroughs, [{ text: "ts export type Mine = number;", before: null }]);
  });

  it("places are those of diagnostics, documentation and source those of the .x", () => {
    const { json } = emitJson("model", { path: "all.x", text: ALL });
    const [size] = json?.["definitions"] as Record<string, unknown>[];
    assert.equal(size?.["doc"], "How many.");
    assert.equal(size["source"], "const SIZE = 0x10;");
    const { line, column, endColumn, start, end } = size["place"] as Record<string, number>;
    assert.deepEqual([line, column, endColumn], [2, 1, 19]);
    assert.equal(ALL.slice(start, end), "const SIZE = 0x10;");
  });

  it("goes to standard output or to the file of -o; nothing does with a mistake", async () => {
    const input = folder.write("all.x", ALL);
    const { status, stdout, stderr } = await tsrpcgen("--emit", "model", input);
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.equal((JSON.parse(stdout) as { file: string }).file, input);
    await tsrpcgen("--emit", "model", "-o", folder.at("all.json"), input);
    assert.equal(folder.read("all.json"), stdout);
    folder.write("all.x", ALL.replace("int a;", "lost a;"));
    const mistaken = await tsrpcgen("--emit", "ast", input);
    assert.equal(mistaken.status, 1);
    assert.equal(mistaken.stdout, "");
    assert.match(mistaken.stderr, /\[unknown-type\]/);
    assert.deepEqual(folder.files(), ["all.json", "all.x"]);
  });

  it("never replaces what it comes from", async () => {
    folder.write("inc.x", "typedef int t;\n");
    const input = folder.write("a.x", '#include "inc.x"\nstruct s { t a; };\n');
    for (const name of ["a.x", "inc.x"]) {
      const before = folder.read(name);
      const { status, stderr } = await tsrpcgen("--emit", "ast", "-o", folder.at(name), input);
      assert.equal(status, 1);
      assert.equal(stderr, `tsrpcgen: ${folder.at(name)} is an input: it would be overwritten\n`);
      assert.equal(folder.read(name), before);
    }
  });

  it("--enums open: a default beside all members is reached", async () => {
    const text = "enum e { A };\nunion u switch (e k) { case A: int a; default: int b; };\n";
    const defaultOf = (stdout: string): unknown =>
      (JSON.parse(stdout) as { definitions: { default?: unknown }[] }).definitions[1]?.default;
    const input = folder.write("a.x", text);
    const open = await tsrpcgen("--emit", "model", "--enums", "open", input);
    assert.equal(open.stderr, "");
    assert.notEqual(defaultOf(open.stdout), null);
    const strict = await tsrpcgen("--emit", "model", input);
    assert.match(strict.stderr, /unreachable-default/);
    assert.equal(defaultOf(strict.stdout), null);
  });

  it("reads standard input", () => {
    assert.deepEqual(parse("--emit", "ast").files, ["-"]);
    assert.deepEqual(parse("--emit", "model", "-").files, ["-"]);
  });

  it("is an output of its own", () => {
    for (const flag of ["-h", "-a", "--check", "--watch", "-Sc", "--lint"]) {
      assert.throws(() => parse("--emit", "ast", flag, "a.x"), /cannot be used with/, flag);
    }
    assert.throws(() => parse("--emit", "ast", "a.x", "b.x"), /with --emit there is one input/);
    assert.throws(() => parse("--emit", "cst", "a.x"), /Allowed choices are ast, model/);
  });
});
