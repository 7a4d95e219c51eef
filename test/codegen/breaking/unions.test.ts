import { type Case, testCases } from "./support.ts";

/** A change of a union over an enum of three members, int or bool. */
function over(
  discriminant: "color" | "int" | "bool",
  title: string,
  old: string,
  now: string,
  codes: string[],
  back: string[],
): Case {
  const file = (cases: string): string =>
    `enum color { RED = 0, GREEN = 1, BLUE = 2 };\nunion u switch (${discriminant} d) {\n${cases}\n};`;
  return { title, old: file(old), now: file(now), codes, back };
}

describe("breaking: unions", () => {
  describe("over an enum", () => {
    testCases([
      over("color", "other names", "case RED: int a; default: void;", "case RED: int b; default: void;", [], []),
      over(
        "color",
        "another order",
        "case RED: int a; case GREEN: void;",
        "case GREEN: void; case RED: int a;",
        [],
        [],
      ),
      over(
        "color",
        "a case more",
        "case RED: int a;",
        "case RED: int a; case BLUE: void;",
        ["case-added"],
        ["case-removed"],
      ),
      over(
        "color",
        "an arm of another type",
        "case RED: int a;",
        "case RED: hyper a;",
        ["type-changed"],
        ["type-changed"],
      ),
      over(
        "color",
        "an arm that becomes void",
        "case RED: int a;",
        "case RED: void;",
        ["type-changed"],
        ["type-changed"],
      ),
      over(
        "color",
        "a default more",
        "case RED: int a;",
        "case RED: int a; default: void;",
        ["default-added"],
        ["default-removed"],
      ),
      over(
        "color",
        "the default, spelled out",
        "case RED: int a; default: void;",
        "case RED: int a; case GREEN: case BLUE: void;",
        [],
        [],
      ),
      over(
        "color",
        "a case out of the default, of the same type",
        "case RED: int a; default: void;",
        "case RED: int a; case GREEN: void; default: void;",
        [],
        [],
      ),
      over(
        "color",
        "a case out of the default, of another type",
        "case RED: int a; default: void;",
        "case RED: int a; case GREEN: int b; default: void;",
        ["type-changed"],
        ["type-changed"],
      ),
      over(
        "color",
        "labels that share an arm, told of once",
        "case RED: case GREEN: int a;",
        "case RED: case GREEN: hyper a;",
        ["type-changed"],
        ["type-changed"],
      ),
      {
        title: "a member more, with a case",
        old: "enum e { A = 1 }; union u switch (e d) { case A: int a; };",
        now: "enum e { A = 1, B = 2 }; union u switch (e d) { case A: int a; case B: hyper b; };",
        codes: ["enumerator-added"],
        back: ["enumerator-removed"],
      },
      {
        title: "a member more, for the default",
        old: "enum e { A = 1, B = 2 }; union u switch (e d) { case A: int a; default: void; };",
        now: "enum e { A = 1, B = 2, C = 3 }; union u switch (e d) { case A: int a; default: void; };",
        codes: ["enumerator-added"],
        back: ["enumerator-removed"],
      },
      {
        title: "a member with another number: its arm is no news",
        old: "enum e { A = 1, B = 2 }; union u switch (e d) { case A: int a; case B: hyper b; };",
        now: "enum e { A = 1, B = 5 }; union u switch (e d) { case A: int a; case B: hyper b; };",
        codes: ["enumerator-changed"],
        back: ["enumerator-changed"],
      },
      {
        title: "another enum of the same numbers",
        old: "enum e { A = 1, B = 2 }; union u switch (e d) { case A: int a; case B: void; };",
        now: "enum f { X = 1, Y = 2 }; union u switch (f d) { case X: int a; case Y: void; };",
        codes: [],
        back: [],
      },
    ]);
  });

  describe("over integers and bool", () => {
    testCases([
      over("int", "a case more", "case 0: int a;", "case 0: int a; case -1: void;", ["case-added"], ["case-removed"]),
      over(
        "int",
        "a case of the default's type",
        "case 0: int a; default: void;",
        "case 0: int a; case 7: void; default: void;",
        [],
        [],
      ),
      over(
        "bool",
        "the other case",
        "case TRUE: int a;",
        "case TRUE: int a; case FALSE: void;",
        ["case-added"],
        ["case-removed"],
      ),
      {
        title: "int to an enum of the cases",
        old: "union u switch (int d) { case 0: int a; case 1: void; };",
        now: "enum e { A = 0, B = 1 }; union u switch (e d) { case A: int a; case B: void; };",
        codes: [],
        back: [],
      },
      {
        title: "int to an enum, with a default",
        old: "union u switch (int d) { case 0: int a; default: void; };",
        now: "enum e { A = 0, B = 1 }; union u switch (e d) { case A: int a; default: void; };",
        codes: ["integer-narrowed"],
        back: ["integer-widened"],
      },
      {
        title: "a wider discriminant",
        old: "union u switch (int d) { case 0: int a; };",
        now: "union u switch (hyper d) { case 0: int a; };",
        codes: ["type-changed"],
        back: ["type-changed"],
      },
      {
        title: "over hyper, a case more",
        old: "union u switch (hyper d) { case 5000000000: int a; };",
        now: "union u switch (hyper d) { case 5000000000: int a; case 1: void; };",
        codes: ["case-added"],
        back: ["case-removed"],
      },
    ]);
  });
});
