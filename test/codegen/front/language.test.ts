import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseExternals } from "../../../src/codegen/externals.ts";
import { analyze } from "../../../src/codegen/front-end.ts";
import { builtInConstants, builtInTypes } from "../../../src/codegen/resolve.ts";
import { rpcTypes } from "../../../src/codegen/rpc-types.ts";
import { root } from "../back/golden.ts";

const text = readFileSync(join(root, "docs/language.md"), "utf8");

describe("docs/language.md", () => {
  const examples = [...text.matchAll(/^```x\n([^]*?)^```$/gm)].map((match) => match[1] ?? "");

  it("has examples", () => {
    assert.ok(examples.length >= 7);
  });

  for (const [at, example] of examples.entries()) {
    it(`example ${at + 1} is taken as it stands: ${example.split("\n", 1).join()}`, () => {
      const { diagnostics, model } = analyze("example.x", example);
      assert.deepEqual(diagnostics, []);
      assert.ok(model);
    });
  }

  it("names every type and constant that is known without a definition", () => {
    const family = /^u?_?int\d+_t$/;
    const names = [...builtInTypes.keys(), ...builtInConstants.keys(), ...rpcTypes.keys()];
    for (const name of names.filter((it) => !family.test(it))) assert.ok(text.includes(`\`${name}\``), name);
  });

  it("shows an externals file that is one", () => {
    const json = /```json\n([^]*?)```/.exec(text)?.[1] ?? "";
    assert.equal(typeof parseExternals(JSON.parse(json)), "object");
  });

  it("describes externals by a schema that fits what is taken", () => {
    const schema = JSON.parse(readFileSync(join(root, "schema/externals.schema.json"), "utf8")) as {
      properties: Record<string, { additionalProperties: { properties?: object; required?: string[] } }>;
    };
    assert.deepEqual(Object.keys(schema.properties), ["$schema", "types", "constants"]);
    const type = { module: "./a.js", type: "A", codec: "ACodec", minimumBytes: 0 };
    assert.deepEqual(Object.keys(schema.properties["types"]?.additionalProperties.properties ?? {}), Object.keys(type));
    for (const required of schema.properties["types"]?.additionalProperties.required ?? []) {
      assert.equal(typeof parseExternals({ types: { a: { ...type, [required]: undefined } } }), "string", required);
    }
    assert.equal(
      typeof parseExternals({ types: { a: type }, constants: { A: 1, B: "-0x10", C: "18446744073709551615" } }),
      "object",
    );
    const wrong = [
      [],
      { type: {} },
      { types: [] },
      { types: { a: { ...type, module: "a b" } } },
      { constants: { A: 1.5 } },
      { constants: { A: "x" } },
      { types: { a: { ...type, minimumBytes: -1 } } },
    ];
    for (const each of wrong) assert.equal(typeof parseExternals(each), "string", JSON.stringify(each));
  });
});
