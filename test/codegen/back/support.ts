/** The golden cases: test/golden/<case>/input.x, and beside it what is generated from it. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type GenerateResult, generate } from "../../../src/codegen/index.ts";
import { root } from "../../setup/run.ts";

export const goldenFolder: string = join(root, "test/golden");

export const goldenCases: readonly string[] = readdirSync(goldenFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .toSorted();

/**
 * All modules of a case. Their names begin with `expected` instead of `input`, in their imports too, so that they can be
 * compiled where they lie.
 */
export async function generateGolden(name: string): Promise<GenerateResult> {
  const text = readFileSync(join(goldenFolder, name, "input.x"), "utf8");
  const result = await generate({
    sources: [{ path: "input.x", text }],
    samples: true,
    format: () => ({ printWidth: 120 }),
  });
  const files = result.files.map((file) => ({
    ...file,
    path: file.path.replace(/^input/, "expected"),
    text: file.text.replaceAll('"./input', '"./expected'),
  }));
  return { ...result, files };
}

/** One source without a place in the file system. */
export async function generateText(text: string): Promise<GenerateResult> {
  return generate({ sources: [{ path: "input.x", text }], samples: true });
}
