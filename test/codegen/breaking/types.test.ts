import assert from "node:assert/strict";
import { briefly, program } from "./support.ts";

/** Old and new declaration of a field, and the changes of a struct that is an argument. */
type Case = readonly [old: string, fresh: string, ...changes: string[]];

/** Types that both sides of a case may use. */
const TYPES = `
  typedef int number; typedef number other_number; typedef string label<9>;
  enum colour { RED = 1, GREEN = 2 }; enum bit { CLEAR = 0, SET = 1 }; enum few { ZERO = 0 };
  struct pair { int x; int y; }; struct deep { pair p; int z; }; struct mixed { int x; hyper y; };
  union maybe switch (bool there) { case TRUE: int value; case FALSE: void; };
  union never switch (bool there) { case FALSE: int value; case TRUE: void; };
  typedef int *pointer;
`;

const oneField = (declaration: string, types = TYPES): string =>
  program(`${types} struct S { ${declaration}; };`, "S", "void");

const both = "oc+nc";
const same: readonly Case[] = [
  ["int f", "int g"],
  ["int f", "long f"],
  ["int f", "number f"],
  ["number f", "other_number f"],
  ["int f", "other_number f"],
  ["unsigned f", "unsigned int f"],
  ["hyper f", "int64_t f"],
  ["string f<9>", "opaque f<9>"],
  ["label f", "opaque f<9>"],
  ["string f<>", "string f<4294967295>"],
  ["int *f", "int f<1>"],
  ["int *f", "pointer f"],
  ["maybe f", "int *f"],
  ["int f<1>", "maybe f"],
  ["bool f", "bit f"],
  ["pair f", "int f[2]"],
  ["int f[2]", "pair f"],
  ["deep f", "int f[3]"],
  ["deep f", "struct { int a; pair q; } f"],
  ["pair f[2]", "int f[4]"],
  ["opaque f[4]", "opaque g[4]"],
  ["struct { int a; } f", "int f"],
  ["struct { int a; } f<3>", "int f<3>"],
  ["quadruple f", "quadruple g"],
  ["float f", "float g"],
];

const changed: readonly Case[] = [
  // Integers: whoever reads fails where the other's type holds more.
  ["short f", "int f", "range-widened S.f nc"],
  ["int f", "short f", "range-narrowed S.f oc"],
  ["char f", "short f", "range-widened S.f nc"],
  ["unsigned char f", "int f", "range-widened S.f nc"],
  ["unsigned short f", "short f", `range-changed S.f ${both}`],
  ["int f", "unsigned f", `range-changed S.f ${both}`],
  ["hyper f", "unsigned hyper f", `range-changed S.f ${both}`],
  ["int f", "bool f", "range-narrowed S.f oc"],
  ["bool f", "int f", "range-widened S.f nc"],
  ["colour f", "unsigned f", "range-widened S.f nc"],
  ["int f", "colour f", "range-narrowed S.f oc"],
  ["bool f", "few f", "enum-value-removed bool.TRUE oc"],
  ["few f", "bool f", "enum-value-added bool.TRUE nc"],
  ["int f", "hyper f", `type-changed S.f ${both}`],
  ["int f", "float f", `type-changed S.f ${both}`],
  ["hyper f", "double f", `type-changed S.f ${both}`],
  ["double f", "quadruple f", `type-changed S.f ${both}`],

  // Bounds
  ["string f<9>", "string f<5>", "bound-narrowed S.f oc"],
  ["string f<9>", "string f<19>", "bound-widened S.f nc"],
  ["string f<9>", "string f<>", "bound-widened S.f nc"],
  ["string f<>", "opaque f<9>", "bound-narrowed S.f oc"],
  ["int f<9>", "int f<8>", "bound-narrowed S.f oc"],
  ["int f<0>", "int *f", "bound-widened S.f nc"],
  ["int *f", "int f<5>", "bound-widened S.f nc"],
  ["maybe f", "int f<5>", "bound-widened S.f nc"],
  ["int f<9>", "hyper f<9>", `type-changed S.f ${both}`],
  ["int f<9>", "short f<8>", "bound-narrowed S.f oc", "range-narrowed S.f oc"],

  // Sizes and shapes
  ["opaque f[4]", "opaque f[8]", `size-changed S.f ${both}`],
  ["opaque f[4]", "opaque f<4>", `type-changed S.f ${both}`],
  ["int f[3]", "int f[4]", `size-changed S.f ${both}`],
  ["int f[300]", "int f[400]", `size-changed S.f ${both}`],
  ["int f[300]", "short f[300]", "range-narrowed S.f oc"],
  ["int f[3]", "int f<3>", `type-changed S.f ${both}`],
  ["int f[2]", "hyper f[2]", `type-changed S.f ${both}`],
  ["char f[4]", "opaque f[4]", `type-changed S.f ${both}`],
  ["char f<4>", "opaque f<4>", `type-changed S.f ${both}`],
  ["int f", "int *f", `optional-changed S.f ${both}`],
  ["pair *f", "pair f", `optional-changed S.f ${both}`],
  ["maybe f", "int f", `type-changed S.f ${both}`],
  ["never f", "int *f", `optional-changed S.f ${both}`],
  ["pair f", "mixed f", `type-changed mixed.y ${both}`],
  ["pair f", "int f", `type-changed S.f ${both}`],
  ["pair f", "short f[2]", "range-narrowed S.f oc"],
  ["pair f", "struct { int x; short y; } f", "range-narrowed S_f.y oc"],
];

describe("breaking changes of types", () => {
  for (const [old, fresh, ...expected] of [...same, ...changed]) {
    it(`${old} → ${fresh}: ${expected.join(", ") || "none"}`, () => {
      assert.deepEqual(briefly(oneField(old), oneField(fresh)), expected);
    });
  }

  it("tells of a typedef once, at the typedef", () => {
    const fields = "struct S { label a; label b; label c<3>; };";
    const old = program(`typedef string label<9>; ${fields}`, "S", "void");
    const fresh = program(`typedef string label<5>; ${fields}`, "S", "void");
    assert.deepEqual(briefly(old, fresh), ["bound-narrowed label oc"]);
  });

  it("tells of a bound where one side has no typedef", () => {
    const old = program("typedef string label<9>; struct S { label a; };", "S", "void");
    const fresh = program("struct S { string a<5>; };", "S", "void");
    assert.deepEqual(briefly(old, fresh), ["bound-narrowed S.a oc"]);
  });

  it("counts a constant by the bound that it makes", () => {
    const text = (size: number): string =>
      program(`const MAX = ${size}; const OTHER = ${size}; struct S { int a<MAX>; };`, "S", "void");
    assert.deepEqual(briefly(text(9), text(10)), ["bound-widened S.a nc"]);
  });

  describe("structs", () => {
    const cases: readonly Case[] = [
      ["int a; int b", "int a; int c"],
      ["int a; int b", "int x; int y"],
      ["int a; int b; int c", "pair p; int c"],
      ["int a; int b; int c", "int a; int b_and_c[2]"],
      ["int a", "int a; int b", `field-added S.b ${both}`],
      ["int b", "int a; int b", `field-added S.a ${both}`],
      ["int a; int b", "int a", `field-removed S.b ${both}`],
      ["int a; int b", "int b", `field-removed S.a ${both}`],
      ["int a; int b", "int b; int a", `fields-reordered S ${both}`],
      ["int a; string b<>", "string b<>; int a", `fields-reordered S ${both}`],
      ["int a; int b; int c; int d", "int d; int a; int b; int c", `fields-reordered S ${both}`],
      ["int a; int b; int c", "int c; int b; int a", `fields-reordered S ${both}`],
      ["int a; int b", "hyper a", `type-changed S.a ${both}`, `field-removed S.b ${both}`],
      ["int a; hyper b", "int a; int new; hyper b", `field-added S.new ${both}`],
      ["int a; hyper b", "int renamed; hyper b; int c", `field-added S.c ${both}`],
      ["int a; hyper b", "int renamed; hyper too; int c", `field-added S.c ${both}`],
      ["int a; hyper b", "bool f; int x; hyper y", "range-narrowed S.f oc", `field-added S.x ${both}`],
    ];
    for (const [old, fresh, ...expected] of cases) {
      it(`${old} → ${fresh}: ${expected.join(", ") || "none"}`, () => {
        assert.deepEqual(briefly(oneField(old), oneField(fresh)), expected);
      });
    }
  });

  describe("enums", () => {
    const cases: readonly Case[] = [
      ["A = 0, B = 1", "A = 0, C = 1"],
      ["A = 0, B = 1", "B = 1, A = 0"],
      ["A = 0, B = 1", "A = 0, B = 1, ALIAS = 1"],
      ["A = 0, B = 1, ALIAS = 1", "A = 0, B = 1"],
      ["A = 0", "A = 0, B = 1", "enum-value-added e.B nc"],
      ["A = 0, B = 1", "A = 0", "enum-value-removed e.B oc"],
      ["A = 0, B = 1", "A = 0, B = 2", `enum-value-changed e.B ${both}`],
      ["A = 0, B = 1", "A = 1, B = 0", `enum-value-changed e.A ${both}`, `enum-value-changed e.B ${both}`],
      ["A = 0, B = 1", "A = 0, C = 2", "enum-value-added e.C nc", "enum-value-removed e.B oc"],
      ["A = 0, B = 1", "A = 0, C = 2, D = 2", "enum-value-added e.C nc", "enum-value-removed e.B oc"],
      ["A = -1", "A = -1, B = 5", "enum-value-added e.B nc"],
    ];
    for (const [old, fresh, ...expected] of cases) {
      it(`${old} → ${fresh}: ${expected.join(", ") || "none"}`, () => {
        const text = (members: string): string => oneField("e f", `enum e { ${members} };`);
        assert.deepEqual(briefly(text(old), text(fresh)), expected);
      });
    }
  });
});
