import assert from "node:assert/strict";
import fc from "fast-check";
import { decode, encode } from "tsrpcgen/xdr";
import { C_TOOLS, needs } from "../namespace.ts";
import { arbitrariesOf, type Arbitraries } from "./arbitrary.ts";
import { argumentTypes, generatedCodecs, type GeneratedCodecs, type Place } from "./load.ts";
import { proceduresOf, specification, typesOf } from "./load.ts";
import { Peer, type PeerOptions } from "./peer.ts";
import { withStars } from "./peer-source.ts";
import { runs, SEED } from "./seed.ts";

const CASES: readonly ({ readonly file: string } & PeerOptions)[] = [
  { file: "single" },
  { file: "single", flags: ["-N"] },
  { file: "several", flags: ["-N"] },
  { file: "plain" },
  { file: "pointers-single" },
  { file: "pointers-several", flags: ["-N"], mend: withStars },
  { file: "named", flags: ["-N"] },
];

const VALUES_OF_A_PROCEDURE = 40;

for (const { file, ...options } of CASES) {
  const title = ["rpcgen", ...(options.flags ?? []), `${file}.x`].join(" ");
  describe(`interop: random arguments and results through C's stubs and skeletons, ${title} (TSRPC_SEED=${SEED})`, function () {
    this.timeout(60_000);
    const given = specification(`calls/${file}`);
    const arbitraryOf = arbitrariesOf(given.model, given.names);
    const firstIndex = typesOf(given.model).length;
    let codecs: GeneratedCodecs;
    let peer: Peer | undefined;

    before(needs({ commands: C_TOOLS }));
    before(async () => {
      [codecs, peer] = await Promise.all([generatedCodecs(given), Peer.start(given, options)]);
    });
    after(() => peer?.[Symbol.asyncDispose]());

    for (const [index, place] of proceduresOf(given.model).entries()) {
      it(`${place.procedure.name}: C's bytes are ours, and we read C's`, async () => {
        const { args, result } = codecs.ofProcedure(place);
        const property = fc.asyncProperty(
          argumentsOf(place, arbitraryOf),
          resultOf(place, arbitraryOf),
          async (a, b) => {
            const [sent, replied] = [encode(args, a), encode(result, b)];
            const answer = await peer?.ask(firstIndex + index, sent, replied);
            assert.equal(answer?.status, "done");
            assert.equal(Buffer.from(answer.first).toString("hex"), Buffer.from(sent).toString("hex"));
            assert.equal(Buffer.from(answer.second).toString("hex"), Buffer.from(replied).toString("hex"));
            assert.deepEqual(decode(args, answer.first), a);
            assert.deepEqual(decode(result, answer.second), b);
          },
        );
        await fc.assert(property, runs(VALUES_OF_A_PROCEDURE));
      });
    }
  });
}

/** What a procedure's codec takes: nothing, one value, or a tuple. */
function argumentsOf({ procedure }: Place, arbitraryOf: Arbitraries): fc.Arbitrary<unknown> {
  const each = argumentTypes(procedure).map(arbitraryOf);
  const [only] = each;
  if (only === undefined) return fc.constant(undefined);
  return each.length === 1 ? only : fc.tuple(...each);
}

function resultOf({ procedure }: Place, arbitraryOf: Arbitraries): fc.Arbitrary<unknown> {
  return arbitraryOf(procedure.result);
}
