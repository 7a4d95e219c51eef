import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type XdrCodec, XdrReader, decode, encode } from "tsrpcgen/xdr";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { generate } from "../../../src/codegen/index.ts";

const LONG = 4_000_000;
const TEXT = `
struct item { string name<>; };
struct texts { item list[${LONG}]; };
struct hypers { hyper list[${LONG}]; };
struct some { item texts[1025]; hyper hypers[1025]; };
`;

describe("long arrays of fixed length", () => {
  let folder: string;
  let codecs: Readonly<Record<string, XdrCodec<unknown>>>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-arrays-"));
    const { files } = await generate({ sources: [{ path: "input.x", text: TEXT }], outputs: ["types"] });
    const compilerOptions = { target: ScriptTarget.ES2022, module: ModuleKind.ESNext };
    const path = join(folder, "input.mjs");
    writeFileSync(path, transpileModule(files[0]?.text ?? "", { compilerOptions }).outputText);
    codecs = (await import(pathToFileURL(path).href)) as typeof codecs;
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const name of ["TextsCodec", "HypersCodec"]) {
    it(`${name}: a message that does not hold its elements makes no room for them`, () => {
      const before = process.memoryUsage().heapUsed;
      assert.throws(() => codecs[name]?.decode(new XdrReader(new Uint8Array(8))), { code: "XDR_TRUNCATED" });
      assert(process.memoryUsage().heapUsed - before < LONG); // of 8 bytes each
    });
  }

  it("come back as they were", () => {
    const texts = Array.from({ length: 1025 }, (_, i) => ({ name: String(i) }));
    const hypers = texts.map((_, i) => BigInt(i) << 40n);
    const codec = codecs["SomeCodec"];
    assert(codec !== undefined);
    const bytes = encode(codec, { texts, hypers });
    assert.equal(Buffer.from(bytes).toString("hex", 0, 16), "00000001300000000000000131000000");
    assert.deepEqual(decode(codec, bytes), { texts, hypers });
  });
});
