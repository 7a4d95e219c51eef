import assert from "node:assert/strict";
import fc from "fast-check";
import { format } from "prettier";
import { emitModule, type ModuleKind } from "../../../src/codegen/emit/index.ts";
import type { EmitOptions } from "../../../src/codegen/emit/options.ts";
import { formatModule } from "../../../src/codegen/emit/format.ts";
import { layOut, type Piece } from "../../../src/codegen/emit/layout/layout.ts";
import { analyze } from "../../../src/codegen/front-end.ts";
import { splitUnit } from "../../../src/codegen/modules.ts";
import { SourceReader } from "../../../src/codegen/source-reader.ts";
import type { GenerateOptions } from "../../../src/codegen/generate.ts";
import { cases, optionsOf, read } from "./golden.ts";
import { randomSource } from "./random-source.ts";

const KINDS: readonly ModuleKind[] = ["types", "client", "service", "table", "sample-client", "sample-server"];

const WIDTHS = [20, 40, 60, 80, 100, 120];

/** The modules of a source, before they are formatted. */
function rawModules(text: string, options: Partial<EmitOptions> = {}, given: Partial<GenerateOptions> = {}): string[] {
  const reader = new SourceReader({ readFile: given.readFile ?? (() => undefined) });
  const { model, diagnostics } = analyze("input.x", text, { ...given, reader });
  const unit = model && splitUnit(model, "mapped").get("input.x");
  assert(unit !== undefined, JSON.stringify(diagnostics.filter(({ severity }) => severity === "error")));
  const rules: EmitOptions = {
    runtime: "tsrpcgen",
    extension: ".js",
    base: "./input",
    moduleOf: () => "./input",
    externalModule: (specifier) => specifier,
    strings: "utf8",
    enums: "strict",
    hyper: "bigint",
    arrays: "plain",
    sync: false,
    ...options,
  };
  const hasProgram = unit.model.definitions.some(({ kind }) => kind === "program");
  return KINDS.filter((kind) => kind === "types" || hasProgram).map((kind) =>
    emitModule(kind, unit.model, unit.names, rules, { name: "input.x", stem: "input" }),
  );
}

/** Each piece of a text that was laid out quickly is as prettier lays it out. Gives the pieces. */
async function agrees(raw: string, printWidth: number): Promise<readonly Piece[]> {
  const pieces = layOut(raw, printWidth);
  const known = pieces.filter(({ laidOut }) => laidOut !== undefined);
  const join = (texts: readonly (string | undefined)[]): string => `${texts.join("\n\n")}\n`;
  const expected = await format(join(known.map(({ text }) => text)), { filepath: "input.ts", printWidth });
  assert.deepEqual(join(known.map(({ laidOut }) => laidOut)).split("\n"), expected.split("\n"));
  return pieces;
}

describe("the quick layout is prettier's, byte for byte", function () {
  this.timeout(process.env.TSRPC_LAYOUT_RUNS === undefined ? 60_000 : 0);

  for (const name of cases) {
    it(name, async () => {
      const given = optionsOf(name);
      const { strings = "utf8", enums = "strict", hyper = "bigint", arrays = "plain" } = given;
      for (const raw of rawModules(read(name, "input.x") ?? "", { strings, enums, hyper, arrays }, given)) {
        await agrees(raw, 40);
        for (const printWidth of [80, 120]) {
          assert.equal(
            await formatModule(raw, "input.ts", { printWidth }),
            await format(raw, { filepath: "input.ts", printWidth }),
          );
        }
      }
    });
  }

  it("random sources, of which it knows nearly all (TSRPC_LAYOUT_RUNS gives another number of them)", async () => {
    let known = 0;
    let all = 0;
    const forms = fc.record<Partial<EmitOptions>>({
      enums: fc.constantFrom("strict", "open"),
      strings: fc.constantFrom("utf8", "bytes"),
      hyper: fc.constantFrom("bigint", "number"),
      arrays: fc.constantFrom("plain", "typed"),
    });
    const numRuns = Number(process.env.TSRPC_LAYOUT_RUNS ?? 40);
    const property = fc.asyncProperty(fc.gen(), forms, fc.constantFrom(...WIDTHS), async (random, options, width) => {
      for (const raw of rawModules(randomSource(random), options)) {
        const pieces = await agrees(raw, width);
        all += pieces.length;
        known += pieces.filter(({ laidOut }) => laidOut !== undefined).length;
      }
    });
    await fc.assert(property, { numRuns });
    assert(known / all > 0.95, `${known} of ${all}`);
  });

  it("what it does not know goes to prettier, and takes its place among what it knows", async () => {
    const odd = "export const later = async function* () { yield 1 }";
    const text = `// one\n\n/** two */\n${odd}\n\nexport const b = {c:1};\n\n${odd.replace("later", "last")}`;
    assert.deepEqual(
      layOut(text, 80).map(({ laidOut }) => laidOut !== undefined),
      [true, true, false, true, false],
    );
    assert.equal(await formatModule(text, "a.ts", {}), await format(text, { filepath: "a.ts" }));
  });

  for (const options of [
    { semi: false },
    { tabWidth: 4 },
    { useTabs: true },
    { singleQuote: true },
    { endOfLine: "crlf" },
  ] as const) {
    it(`other options than prettier's own are prettier's to follow: ${JSON.stringify(options)}`, async () => {
      const [raw = ""] = rawModules("struct point { int x; string name<>; }; enum e { A };");
      const expected = await format(raw, { filepath: "a.ts", ...options });
      assert.notEqual(expected, await format(raw, { filepath: "a.ts" }));
      assert.equal(await formatModule(raw, "a.ts", options), expected);
    });
  }
});
