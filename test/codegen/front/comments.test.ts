import assert from "node:assert/strict";
import { commentText } from "../../../src/codegen/comments.ts";
import { definition, modelOf } from "./support.ts";

describe("comments", () => {
  it("belong to the definition that they stand directly before", () => {
    const model = modelOf(`/* Licence. */

/* About A. */
const A = 1;

// About S,
// in two lines.
struct S { int x; };
/* About nothing. */

const B = 2;
/* Licence-like. */

/* First half. */
/* Second half. */
const C = 3;`);
    assert.equal(definition(model, "const", "A").doc, "About A.");
    assert.equal(definition(model, "struct", "S").doc, "About S,\nin two lines.");
    assert.equal(definition(model, "const", "B").doc, undefined);
    assert.equal(definition(model, "const", "C").doc, "First half.\nSecond half.");
  });

  it("belong to what they stand behind on its line", () => {
    const model = modelOf(`
const A = 1; /* of A */
const B = 2;
struct S { /* of S */
  int a;      // of a,
              // going on
  int b;      /* of b */
  /* of c */
  int c<3>;   /* of c, too */
  int d; };   /* of no one */
enum E {
  X, /* of X */
  Y = 2 /* of Y */
};
enum F { /* of G */ G, /* of H */ H };
union U switch (int v) {
  case 0:  /* behind the label */
    int x; // of x
  /* before the label */
  case 1: int y;
  default: void;
};`);
    assert.equal(definition(model, "const", "A").doc, "of A");
    assert.equal(definition(model, "const", "B").doc, undefined);
    const struct = definition(model, "struct", "S");
    assert.equal(struct.doc, "of S");
    assert.deepEqual(
      struct.fields.map(({ doc }) => doc),
      ["of a,\ngoing on", "of b", "of c\n\nof c, too", undefined],
    );
    assert.deepEqual(
      [...definition(model, "enum", "E").members, ...definition(model, "enum", "F").members].map(({ doc }) => doc),
      ["of X", "of Y", "of G", "of H"],
    );
    const arms = definition(model, "union", "U").arms.map(({ field }) => field?.doc);
    assert.deepEqual(arms, ["of x", "before the label"]);
  });

  it("belong to programs, versions and procedures", () => {
    const model = modelOf(`
/* of P */
program P {
  /* of V */
  version V {
    /* of F */
    void F(void) = 0;
    void G(void) = 1; /* of G */
  } = 1;
} = 1;`);
    const program = definition(model, "program", "P");
    const [version] = program.versions;
    assert.deepEqual(
      [program.doc, version?.doc, ...(version?.procedures ?? []).map(({ doc }) => doc)],
      ["of P", "of V", "of F", "of G"],
    );
  });

  const texts: readonly (readonly [string, string])[] = [
    ["/* one line */", "one line"],
    ["/** TSDoc */", "TSDoc"],
    ["/*\n * two\n *   lines\n */", "two\n  lines"],
    ["/*\r\n * CRLF\r\n */", "CRLF"],
    ["/* first\n   second\n     third */", "first\nsecond\n  third"],
    ["/*********\n * framed *\n *********/", "framed *"],
    ["/*-\n * BSD\n */", "BSD"],
    ["/*\n * *bold* and a\n * * list\n */", "*bold* and a\n* list"],
    ["// line", "line"],
    ["/// triple", "triple"],
    ["/**/", ""],
    ["/***/", ""],
  ];
  for (const [image, expected] of texts) {
    it(`text of ${JSON.stringify(image)}`, () => {
      assert.equal(commentText(image), expected);
    });
  }

  it("keeps the source as it stands, dedented", () => {
    const model = modelOf("\tstruct S {\r\n\t\tint a;  /* x */\r\n\t};");
    assert.equal(definition(model, "struct", "S").source, "struct S {\n\tint a;  /* x */\n};");
  });
});
