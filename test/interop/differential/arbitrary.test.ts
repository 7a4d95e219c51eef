import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { decode, encode } from "tsrpcgen/xdr";
import { arbitrariesOf } from "./arbitrary.ts";
import { generatedCodecs, SOURCES, specificationAt, typesOf } from "./load.ts";
import { runs, SEED } from "./seed.ts";

const GOLDEN = join(SOURCES, "../../golden");

/** Those that are generated as they stand: of one file, and without options that change names and values. */
const CASES = readdirSync(GOLDEN)
  .filter((name) => !existsSync(join(GOLDEN, name, "options.json")))
  .filter((name) => readdirSync(join(GOLDEN, name)).filter((file) => file.endsWith(".x")).length === 1)
  .sort();

describe(`random values of the golden files' types (TSRPC_SEED=${SEED})`, function () {
  this.timeout(60_000);

  for (const name of CASES) {
    it(`${name}: our codecs take them, and give them back`, async () => {
      const given = specificationAt(join(GOLDEN, name, "input.x"));
      const codecs = await generatedCodecs(given);
      const arbitraryOf = arbitrariesOf(given.model, given.names, { nul: true });
      for (const definition of typesOf(given.model)) {
        const codec = codecs.ofType(definition);
        const property = fc.property(arbitraryOf({ kind: "ref", to: definition }), (value) => {
          assert.deepEqual(decode(codec, encode(codec, value)), value);
        });
        fc.assert(property, runs(10));
      }
    });
  }
});

describe("random values", () => {
  const given = specificationAt(join(SOURCES, "recursion.x"));
  const forest = typesOf(given.model).find(({ name }) => name === "forest");
  const folder = typesOf(given.model).find(({ name }) => name === "folder");
  assert.ok(forest && folder);

  it("are the same from the same seed", () => {
    const sample = (): unknown[] =>
      fc.sample(arbitrariesOf(given.model, given.names)({ kind: "ref", to: forest }), { seed: SEED, numRuns: 5 });
    assert.deepEqual(sample(), sample());
  });

  it("are as deep as may be, and no deeper", () => {
    const arbitrary = arbitrariesOf(given.model, given.names, { maxDepth: 3 })({ kind: "ref", to: folder });
    const depths = fc.sample(arbitrary, { seed: 1, numRuns: 200 }).map(levels);
    assert.equal(Math.max(...depths), 3);
    assert.equal(Math.min(...depths), 1);
  });
});

/** Folders within each other. */
function levels(folder: unknown): number {
  assert.ok(typeof folder === "object" && folder !== null && "inner" in folder && Array.isArray(folder.inner));
  return 1 + Math.max(0, ...folder.inner.map(levels));
}
