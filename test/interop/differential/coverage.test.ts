import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { C_TOOLS, needs, run } from "../namespace.ts";
import { FILES } from "./files.ts";
import { specification, typesOf } from "./load.ts";

/** What holds it: a definition's kind. What it is held in: by itself, or in one of C's containers. */
const HOLDERS = ["struct", "union", "typedef"] as const;
const CONTAINERS = ["plain", "vector", "array", "pointer"] as const;

/** C's routines of the types that the language has, and one of each kind of type that a file defines. */
const ELEMENTS = [
  ..."int u_int long u_long short u_short char u_char quad_t u_quad_t float double bool".split(" "),
  ..."color point choice text word octets few_octets key whole segment path point_or_none".split(" "),
];

/** Those that stand for a whole declaration: opaque x[n], opaque x<>, string x<>. */
const DECLARATIONS = ["opaque", "bytes", "string"];

/** In-line access to a run of fixed-size items. Enums have none: C calls their routines. */
const IN_LINE = ["LONG", "U_LONG", "SHORT", "U_SHORT", "BOOL"].flatMap((type) => [
  `IXDR_PUT_${type}`,
  `IXDR_GET_${type}`,
]);

describe("interop: the files of the differential test", function () {
  this.timeout(30_000);
  const cells = new Set<string>();
  const macros = new Set<string>();

  before(needs({ commands: C_TOOLS }));
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "tsrpcgen-coverage-"));
    try {
      for (const file of FILES) {
        const { path, model } = specification(file);
        const output = join(folder, `${file}.c`);
        await run("rpcgen", ["-c", "-o", output, path]);
        const { stdout: text } = await run("cat", [output]);
        for (const [macro] of text.matchAll(/IXDR_\w+/g)) macros.add(macro);
        const kinds = new Map(typesOf(model).map(({ name, kind }) => [name, kind]));
        // Each routine begins with its type's name, and ends with a brace in the first column.
        for (const [, name = "", body = ""] of text.matchAll(/^xdr_(\w+) \(XDR \*xdrs.*\n\{\n([^]*?)\n\}/gm))
          for (const what of held(body)) cells.add(`${kinds.get(name) ?? ""} ${what}`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("have every type in every shape in every kind of definition, as C's routines show", () => {
    const wanted = HOLDERS.flatMap((holder) => [
      ...CONTAINERS.flatMap((container) => ELEMENTS.map((element) => `${holder} ${container} ${element}`)),
      ...DECLARATIONS.map((element) => `${holder} plain ${element}`),
    ]);
    assert.deepEqual(
      wanted.filter((cell) => !cells.has(cell)),
      [],
    );
    assert.ok(cells.has("enum plain enum"));
  });

  it("have runs that C reads and writes in line", () => {
    assert.deepEqual(
      IN_LINE.filter((macro) => !macros.has(macro)),
      [],
    );
  });
});

/** `plain int`, `vector point` and so on, of each call in a routine. */
function* held(body: string): Generator<string> {
  for (const [, routine = "", rest = ""] of body.matchAll(/!xdr_(\w+) \(xdrs([^;]*?)\)\)\s*return FALSE/g)) {
    const element = /\(xdrproc_t\) xdr_(\w+)/.exec(rest)?.[1];
    yield element === undefined ? `plain ${routine}` : `${routine} ${element}`;
  }
}
