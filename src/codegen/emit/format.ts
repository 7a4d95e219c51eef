/** A module's text in prettier's format. Prettier itself is loaded only for what the quick layout doesn't know. */
import type { Options } from "prettier";
import { type Piece, layOut } from "./layout/layout.ts";

const DEFAULT_WIDTH = 80;

/** Prettier's defaults: what the quick layout follows. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  arrowParens: "always",
  bracketSpacing: true,
  endOfLine: "lf",
  experimentalOperatorPosition: "end",
  experimentalTernaries: false,
  insertPragma: false,
  objectWrap: "preserve",
  quoteProps: "as-needed",
  requirePragma: false,
  checkIgnorePragma: false,
  semi: true,
  singleQuote: false,
  tabWidth: 2,
  trailingComma: "all",
  useTabs: false,
};

/** Options that make nothing of a TypeScript module. */
const IRRELEVANT: ReadonlySet<string> = new Set([
  "bracketSameLine",
  "embeddedLanguageFormatting",
  "htmlWhitespaceSensitivity",
  "jsxSingleQuote",
  "proseWrap",
  "singleAttributePerLine",
  "vueIndentScriptAndStyle",
]);

/** Before each piece that prettier lays out, lest it take several for one. */
const MARK = "//%piece\n";

/** Formats a module's text as prettier does with these options. `path` tells it what the text is. */
export async function formatModule(text: string, path: string, options: Options): Promise<string> {
  const width = quickWidth(options);
  if (width === undefined) return formatByPrettier(text, path, options);
  const pieces = layOut(text, width);
  const unknown = pieces.filter(({ laidOut }) => laidOut === undefined);
  const formatted = unknown.length === 0 ? [] : await formatPieces(unknown, path, options);
  if (formatted === undefined) return formatByPrettier(text, path, options);
  let next = 0;
  return `${pieces
    .map(({ laidOut, blank }, index) => {
      const gap = index === 0 ? "" : blank ? "\n\n" : "\n";
      return gap + (laidOut ?? formatted[next++] ?? "");
    })
    .join("")}\n`;
}

/** The columns of a line where the options are such that the quick layout knows them. */
function quickWidth(options: Options): number | undefined {
  const { printWidth = DEFAULT_WIDTH, ...others } = options;
  if (!Number.isInteger(printWidth) || printWidth < 1) return undefined;
  const isKnown = Object.entries(others).every(
    ([key, value]) => value === undefined || IRRELEVANT.has(key) || (key in DEFAULTS && DEFAULTS[key] === value),
  );
  return isKnown ? printWidth : undefined;
}

/** In one call: most of what prettier does is the same for each. Undefined where they turn out not to be pieces. */
async function formatPieces(
  pieces: readonly Piece[],
  path: string,
  options: Options,
): Promise<readonly string[] | undefined> {
  const text = pieces.map((piece) => `${MARK}\n${piece.text}\n\n`).join("");
  const result = await formatByPrettier(text, path, options).catch(() => "");
  const [before, ...formatted] = result.split(MARK);
  return before === "" && formatted.length === pieces.length ? formatted.map((piece) => piece.trim()) : undefined;
}

async function formatByPrettier(text: string, path: string, options: Options): Promise<string> {
  const { format } = await import("prettier");
  // filepath picks the parser, and makes it the quicker of prettier's two for TypeScript.
  return format(text, { ...options, filepath: path });
}
