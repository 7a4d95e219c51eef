#!/usr/bin/env node
// Bundles a package that is about to be packed: its entries, and what they share, take the place of all modules. To load a
// file takes a program as long as to load another one, however short they are: of a client there were 180.
//
//   node scripts/bundle.mjs DIR
//
// What npm exports or runs is an entry. What they share is there once, so that an error of one is an error of the other.
// Types stay as they are.
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const folder = resolve(process.argv[2] ?? ".");
const dist = join(folder, "dist/src");
const { exports, bin = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** The modules that a command's file loads. */
function loadedBy(file) {
  const text = readFileSync(join(folder, file), "utf8");
  return [...text.matchAll(/"\.\.\/(dist\/src\/[^"]+)"/g)].map(([, path]) => path);
}

const paths = [...Object.values(exports), ...Object.values(bin).flatMap(loadedBy)];
const entryPoints = paths.filter((path) => path.endsWith(".js")).map((path) => join(folder, path));
const { metafile } = await build({
  absWorkingDir: folder,
  entryPoints,
  outbase: dist,
  outdir: dist,
  allowOverwrite: true,
  chunkNames: "shared/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  metafile: true,
  logLevel: "warning",
});
const made = new Set(Object.keys(metafile.outputs).map((path) => join(folder, path)));
for (const path of entryPoints) if (!made.has(path) || !existsSync(path)) throw new Error(`${path} was not made`);
for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, name);
  if (name.endsWith(".js") && !made.has(path)) rmSync(path);
}
