import assert from "node:assert/strict";
import fc from "fast-check";
import { decode, encode } from "tsrpcgen/xdr";
import { C_TOOLS, needs } from "../namespace.ts";
import { arbitrariesOf } from "./arbitrary.ts";
import { FILES } from "./files.ts";
import { generatedCodecs, type GeneratedCodecs, specification, typesOf } from "./load.ts";
import { Peer } from "./peer.ts";
import { runs, SEED } from "./seed.ts";

const VALUES_OF_A_TYPE = 40;

for (const file of FILES) {
  describe(`interop: random values of ${file}.x through C's structures (TSRPC_SEED=${SEED})`, function () {
    this.timeout(60_000);
    const given = specification(file);
    const arbitraryOf = arbitrariesOf(given.model, given.names);
    let codecs: GeneratedCodecs;
    let peer: Peer | undefined;

    before(needs({ commands: C_TOOLS }));
    before(async () => {
      [codecs, peer] = await Promise.all([generatedCodecs(given), Peer.start(given)]);
    });
    after(() => peer?.[Symbol.asyncDispose]());

    for (const [index, definition] of typesOf(given.model).entries()) {
      it(`${definition.name}: C's bytes are ours, and we read C's`, async () => {
        const codec = codecs.ofType(definition);
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
  });
}
