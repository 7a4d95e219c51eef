import assert from "node:assert/strict";
import fc from "fast-check";
import { decode, encode } from "tsrpcgen/xdr";
import type { GenerateOptions } from "../../../src/codegen/generate.ts";
import { C_TOOLS, needs } from "../namespace.ts";
import { arbitrariesOf } from "./arbitrary.ts";
import { FILES } from "./files.ts";
import { generatedCodecs, type GeneratedCodecs, specification, typesOf } from "./load.ts";
import { Peer } from "./peer.ts";
import { runs, SEED } from "./seed.ts";

const VALUES_OF_A_TYPE = 40;

/** Options that change what values are, and no byte. */
const FORMS: readonly Pick<GenerateOptions, "hyper" | "arrays">[] = [
  {},
  { hyper: "number" },
  { arrays: "typed" },
  { hyper: "number", arrays: "typed" },
];

for (const file of FILES) {
  // Its hypers switch on what is no safe integer: with hypers as numbers there is no code for it.
  const forms = FORMS.filter(({ hyper }) => file !== "unions" || hyper === undefined);
  describe(`interop: random values of ${file}.x through C's structures (TSRPC_SEED=${SEED})`, function () {
    this.timeout(60_000);
    const given = specification(file);
    let codecs: readonly GeneratedCodecs[];
    let peer: Peer | undefined;

    before(needs({ commands: C_TOOLS }));
    before(async () => {
      const all = Promise.all(forms.map((form) => generatedCodecs(given, form)));
      [codecs, peer] = await Promise.all([all, Peer.start(given)]);
    });
    after(() => peer?.[Symbol.asyncDispose]());

    for (const [number, form] of forms.entries()) {
      const arbitraryOf = arbitrariesOf(given.model, given.names, form);
      const how = Object.entries(form).map(([option, style]) => `, ${option} ${style}`);
      for (const [index, definition] of typesOf(given.model).entries()) {
        it(`${definition.name}${how.join("")}: C's bytes are ours, and we read C's`, async () => {
          const codec = codecs[number]?.ofType(definition);
          assert.ok(codec);
          const property = fc.asyncProperty(arbitraryOf({ kind: "ref", to: definition }), async (value) => {
            const ours = encode(codec, value);
            const answer = await peer?.ask(index, ours);
            assert.equal(answer?.status, "done");
            assert.equal(Buffer.from(answer.first).toString("hex"), Buffer.from(ours).toString("hex"));
            assert.deepEqual(decode(codec, answer.first), value);
          });
          await fc.assert(property, runs(VALUES_OF_A_TYPE));
        });
      }
    }
  });
}
