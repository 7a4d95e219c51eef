import assert from "node:assert/strict";
import { exportedNames, typesWithCodec } from "../../../src/codegen/script-names.ts";

describe("names in %ts lines", () => {
  const cases: readonly (readonly [title: string, script: string, types: string[], exported: string[]])[] = [
    ["imports", 'import { type A, ACodec } from "./a.js";', ["A"], []],
    ["imports of types and of values", 'import type { A } from "a";\nimport { ACodec } from "a";', ["A"], []],
    ["renamed imports", 'import { type X as A, XCodec as ACodec } from "a";', ["A"], []],
    ["default imports", 'import ACodec, { type A } from "a";', ["A"], []],
    ["declarations", "interface A { b: C }\nexport const ACodec: Codec<A> = { };", ["A"], ["ACodec"]],
    ["exported declarations", "export class A {}\nexport declare const ACodec: Codec<A>;", ["A"], ["A", "ACodec"]],
    [
      "lists of exports",
      "type A = 1;\nconst ACodec = 2;\nexport { type A, ACodec as BCodec };",
      ["A"],
      ["A", "BCodec"],
    ],
    [
      "comments and strings",
      '// const A, const ACodec\n/* import { B, BCodec } from */ const s = "type C; type CCodec";',
      [],
      [],
    ],
    ["uses", "const size = encode(ACodec, {} as A);", [], []],
  ];
  for (const [title, script, types, exported] of cases) {
    it(title, () => {
      assert.deepEqual(typesWithCodec(script), types);
      assert.deepEqual([...exportedNames(script)], exported);
    });
  }
});
