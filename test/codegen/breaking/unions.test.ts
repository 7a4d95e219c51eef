import assert from "node:assert/strict";
import { briefly, program } from "./support.ts";

const ENUM = "enum colour { RED = 1, GREEN = 2, BLUE = 3 };";
const both = "oc+nc";

/** Old and new body of a union over `colour`, or over what follows `switch`, and the changes of it as an argument. */
const cases: readonly (readonly [old: string, fresh: string, ...changes: string[]])[] = [
  ["colour c) { case RED: int r; case GREEN: hyper g;", "colour d) { case GREEN: hyper x; case RED: int y;"],
  ["colour c) { case RED: case GREEN: int x;", "colour c) { case RED: int x; case GREEN: int y;"],
  ["colour c) { case RED: int r; default: void;", "colour c) { case RED: int r; case GREEN: case BLUE: void;"],
  ["colour c) { case RED: int r;", "int c) { case 1: int r;"],
  ["bool c) { case TRUE: int r;", "int c) { case 1: int r;"],
  ["int c) { case 1: int r;", "unsigned c) { case 1: int r;"],
  ["colour c) { case RED: int r;", "colour c) { case RED: short r;", "range-narrowed u.r oc"],
  ["colour c) { case RED: int r;", "colour c) { case RED: void;", `type-changed u(case RED) ${both}`],
  ["colour c) { case RED: void;", "colour c) { case RED: int r;", `type-changed u.r ${both}`],
  ["colour c) { case RED: int r;", "colour c) { case RED: int r; case GREEN: void;", "case-added u(case GREEN) nc"],
  ["colour c) { case RED: int r; case GREEN: void;", "colour c) { case RED: int r;", "case-removed u(case GREEN) oc"],
  [
    "colour c) { case RED: int r;",
    "colour c) { case RED: int r; default: void;",
    "case-added u(default, GREEN) nc",
    "case-added u(default, BLUE) nc",
  ],
  [
    "colour c) { case RED: int r; default: void;",
    "colour c) { case RED: int r; default: int d;",
    `type-changed u.d ${both}`,
  ],
  [
    "colour c) { case RED: int r; default: void;",
    "colour c) { case RED: int r; case GREEN: int g; default: void;",
    `type-changed u.g ${both}`,
  ],
  ["int c) { case 1: int r;", "int c) { case 1: int r; default: void;", "default-added u(default) nc"],
  ["int c) { case 1: int r; default: void;", "int c) { case 1: int r;", "default-removed u(default) oc"],
  ["int c) { case 1: int r; default: void;", "int c) { default: void;", `type-changed u(default) ${both}`],
  ["int c) { case 1: void; default: void;", "int c) { default: void;"],
  ["int c) { case 1: int r; default: void;", "unsigned c) { case 1: int r; default: void;", `range-changed u.c ${both}`],
  ["short c) { case 1: int r; default: void;", "int c) { case 1: int r; default: void;", "range-widened u.c nc"],
  ["char c) { case 1: int r; default: void;", "char c) { case 1: int r; case 'a': void; default: void;"],
  ["int c) { case -1: int r;", "unsigned c) { case 4294967295: int r;", "case-added u(case 4294967295) nc", "case-removed u(case -1) oc"],
  ["int c) { case 1: int r;", "hyper c) { case 1: int r;", `type-changed u.c ${both}`],
  ["colour c) { case RED: int r;", "colour c) { case GREEN: int r;", "case-added u(case GREEN) nc", "case-removed u(case RED) oc"],
]; // prettier-ignore

describe("breaking changes of unions", () => {
  const text = (body: string, types = ENUM): string => program(`${types} union u switch (${body} };`, "u", "void");

  for (const [old, fresh, ...expected] of cases) {
    it(`${old} → ${fresh}: ${expected.join(", ") || "none"}`, () => {
      assert.deepEqual(briefly(text(old), text(fresh)), expected);
    });
  }

  it("takes no notice of values of the enum that the union has no case for", () => {
    const body = "colour c) { case RED: int r;";
    assert.deepEqual(briefly(text(body), text(body, ENUM.replace("BLUE", "BLACK = 4, BLUE"))), []);
  });

  it("takes a new value of the enum as a new case, where there is a default", () => {
    const body = "colour c) { case RED: int r; default: void;";
    const fresh = text(body, ENUM.replace("BLUE", "BLACK = 4, BLUE"));
    assert.deepEqual(briefly(text(body), fresh), ["case-added u(default, BLACK) nc"]);
  });

  it("tells of members that exchange their values", () => {
    const body = "colour c) { case RED: void; case GREEN: void;";
    const fresh = text(body, ENUM.replace("RED = 1, GREEN = 2", "RED = 2, GREEN = 1"));
    assert.deepEqual(briefly(text(body), fresh), [
      `enum-value-changed colour.RED ${both}`,
      `enum-value-changed colour.GREEN ${both}`,
    ]);
  });

  it("takes discriminants of 64 bits", () => {
    const old = text("hyper c) { case 1: int r;");
    const fresh = text("hyper c) { case 1: int r; case 0x7fffffffffffffff: void;");
    assert.deepEqual(briefly(old, fresh), ["case-added u(case 0x7fffffffffffffff) nc"]);
  });
});
