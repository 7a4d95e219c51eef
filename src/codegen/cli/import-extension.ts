/** The import extension that the project around an output asks for. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { ImportExtension } from "../generate.ts";

/** Either of these lets a TypeScript source import `./date.ts`. */
const TS_EXTENSION_FLAGS = ["allowImportingTsExtensions", "rewriteRelativeImportExtensions"] as const;

type Flags = Partial<Record<(typeof TS_EXTENSION_FLAGS)[number], boolean>>;

/** `.ts` where the nearest tsconfig.json of a folder allows it, else `.js`, which compiles everywhere. */
export async function importExtensionFor(folder: string): Promise<ImportExtension> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const flags = await readFlags(join(at, "tsconfig.json"), new Set());
    if (flags !== undefined) return TS_EXTENSION_FLAGS.some((flag) => flags[flag] === true) ? ".ts" : ".js";
    if (dirname(at) === at) return ".js";
  }
}

/** The flags of a configuration and of those that it extends; undefined where there is no such file. */
async function readFlags(path: string, within: ReadonlySet<string>): Promise<Flags | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined || within.has(path)) return undefined;
  const config = parseJsonc(text);
  if (!isRecord(config)) return {};
  const bases = typeof config["extends"] === "string" ? [config["extends"]] : config["extends"];
  let flags: Flags = {};
  for (const base of Array.isArray(bases) ? bases : []) {
    if (typeof base !== "string") continue;
    for (const candidate of extendedPaths(path, base)) {
      const inherited = await readFlags(candidate, new Set([...within, path]));
      if (inherited === undefined) continue;
      flags = { ...flags, ...inherited };
      break;
    }
  }
  const own = config["compilerOptions"];
  if (!isRecord(own)) return flags;
  for (const flag of TS_EXTENSION_FLAGS) {
    const value = own[flag];
    if (typeof value === "boolean") flags = { ...flags, [flag]: value };
  }
  return flags;
}

/** Where `extends` may lead, as the compiler looks: a path with or without `.json`, or a package's file. */
function extendedPaths(from: string, base: string): string[] {
  if (isAbsolute(base) || base.startsWith("./") || base.startsWith("../") || base === "." || base === "..") {
    const path = resolve(dirname(from), base);
    return [path, `${path}.json`];
  }
  const require = createRequire(from);
  return [base, `${base}.json`, `${base}/tsconfig.json`].flatMap((name) => {
    try {
      return [require.resolve(name)].filter((path) => path.endsWith(".json"));
    } catch {
      return [];
    }
  });
}

/** JSON with comments and trailing commas; undefined for what is neither: the compiler will tell. */
function parseJsonc(text: string): unknown {
  const token = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[^]*?\*\//g;
  const bare = text.replace(/^\uFEFF/, "").replace(token, (match) => (match.startsWith('"') ? match : " "));
  const plain = bare.replace(
    /("(?:[^"\\]|\\.)*")|,(\s*[}\]])/g,
    (_, string?: string, end?: string) => string ?? end ?? "",
  );
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
