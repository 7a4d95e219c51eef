/**
 * Chevrotain, quickly: its package also ships itself as one minified file, which loads in a tenth of the time that its
 * hundreds of modules take, but names only these in its `exports`. Whoever needs a value of Chevrotain's imports it from
 * here, so that there is only one of it in a process; types come from the package itself.
 */
import { access } from "node:fs/promises";
import type * as chevrotainTypes from "chevrotain";

type Chevrotain = typeof chevrotainTypes;

/** Where a version of the package has no such file, or where a bundler has left none of the packages, it is the package itself. */
async function load(): Promise<Chevrotain> {
  const bundle = bundleOf();
  if (bundle === undefined || !(await isThere(bundle))) return import("chevrotain");
  return (await import(bundle.href)) as Chevrotain;
}

/** The bundle beside the package's own modules, whose folder is `lib/src`. */
function bundleOf(): URL | undefined {
  try {
    return new URL("../chevrotain.min.mjs", import.meta.resolve("chevrotain"));
  } catch {
    return undefined;
  }
}

function isThere(file: URL): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

const chevrotain: Chevrotain = await load();

export const CstParser: Chevrotain["CstParser"] = chevrotain.CstParser;
export const EOF: Chevrotain["EOF"] = chevrotain.EOF;
export type Lexer = chevrotainTypes.Lexer;
export const Lexer: Chevrotain["Lexer"] = chevrotain.Lexer;
export const createToken: Chevrotain["createToken"] = chevrotain.createToken;
export const tokenLabel: Chevrotain["tokenLabel"] = chevrotain.tokenLabel;
/** For scripts/generate-cst.mjs alone. */
export const generateCstDts: Chevrotain["generateCstDts"] = chevrotain.generateCstDts;
