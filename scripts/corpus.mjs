// Generates and type-checks every .x file of Debian's packages that can be had: those of the system's headers, and those
// of source packages, which are fetched into a cache. Prints a table, file by file. Exits 1 where one does not pass.
//   npm run corpus [-- --local] [-- --json] [-- --cache DIR]
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { generate, parseExternals } from "../dist/src/codegen/index.js";
import { readSource } from "../dist/src/codegen/read-source.js";
import { fetchSources } from "./corpus/fetch.mjs";
import { whyNotRpc } from "./corpus/recognise.mjs";
import { moduleBin, root } from "./lib/process.mjs";

const { values } = parseArgs({
  options: { local: { type: "boolean" }, json: { type: "boolean" }, cache: { type: "string" } },
});
const cache = values.cache ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tsrpcgen-corpus");
const { packages, otherReleases, needs, leftOut } = JSON.parse(
  readFileSync(join(root, "scripts/corpus/packages.json"), "utf8"),
);
const tell = (text) => process.stderr.write(`corpus: ${text}\n`);

/** Every file below a folder whose name ends in `.x`, by its path there. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".x"))
    .sort();
}

/** Packages that the mirror does not give. */
const missing = [];

function candidates() {
  const found = filesBelow("/usr/include").map((path) => ({
    key: `/usr/include/${path}`,
    path: join("/usr/include", path),
  }));
  if (values.local) return found;
  mkdirSync(cache, { recursive: true });
  const folders = fetchSources(packages, otherReleases, cache, tell);
  missing.push(...packages.filter((name) => !folders.has(name)));
  for (const [name, folder] of folders) {
    for (const path of filesBelow(folder)) found.push({ key: `${name}/${path}`, path: join(folder, path) });
  }
  return found;
}

/** What a file needs that C headers would declare: constants and types, the latter as a stand-in. */
function needsOf(key) {
  const own = needs.filter(({ files }) => files.some((file) => key.endsWith(file)));
  const types = own.flatMap((need) => need.types ?? []);
  const constants = Object.assign({}, ...own.map((need) => need.constants ?? {}));
  const standIn = { module: "../stand-in.js", type: "StandIn", codec: "StandInCodec" };
  const externals = parseExternals({ types: Object.fromEntries(types.map((name) => [name, standIn])), constants });
  if (typeof externals === "string") throw new Error(`packages.json: ${externals}`);
  return { externals, defines: own.flatMap((need) => need.defines ?? []).map(define) };
}

function define(text) {
  const at = text.indexOf("=");
  return at < 0 ? { name: text } : { name: text.slice(0, at), value: text.slice(at + 1) };
}

/** A project in which generated modules find this package. */
function project() {
  const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-corpus-"));
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const strict = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, isolatedDeclarations: true },
    ...{ declaration: true, erasableSyntaxOnly: true, verbatimModuleSyntax: true, noEmit: true, skipLibCheck: true },
    ...{ target: "ES2022", module: "NodeNext", lib: ["ES2023", "ESNext.Disposable"], types: ["node"] },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: strict, include: ["**/*.ts"] }));
  const codec =
    "export const StandInCodec: XdrCodec<StandIn> = { encode(w, v) { w.int32(v); }, decode(r) { return r.int32(); } };";
  const text = `import type { XdrCodec } from "tsrpcgen/xdr";\nexport type StandIn = number;\n${codec}\n`;
  writeFileSync(join(folder, "stand-in.ts"), text);
  return folder;
}

async function check({ key, path }, at, folder) {
  const bytes = readFileSync(path);
  const lines = bytes.toString("latin1").split("\n").length;
  const other = whyNotRpc(bytes);
  const reason =
    other === undefined
      ? Object.entries(leftOut).find(([file]) => key.endsWith(file))?.[1]
      : `not of the RPC language: ${other}`;
  if (reason !== undefined) return { key, lines, result: "left out", why: reason };
  const { text, diagnostics: unread } = readSource(path, bytes);
  const outDir = join(folder, String(at));
  const { files, diagnostics } = await generate({ sources: [{ path, text }], outDir, samples: true, ...needsOf(key) });
  const [error] = [...unread, ...diagnostics].filter(({ severity }) => severity === "error");
  if (error) return { key, lines, result: "error", why: `${error.message} [${error.code}]` };
  for (const file of files) {
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text);
  }
  return { key, lines, result: "ok", folder: String(at) };
}

/** What the compiler says, by the folder of a file's modules. */
function typeErrors(folder) {
  try {
    execFileSync(process.execPath, [moduleBin("typescript/bin/tsc"), "-p", folder], { cwd: folder, encoding: "utf8" });
    return new Map();
  } catch (error) {
    const lines = String(error.stdout)
      .split("\n")
      .filter((line) => /: error /.test(line));
    return new Map(lines.reverse().map((line) => [line.split("/", 1)[0], line]));
  }
}

const folder = project();
try {
  const rows = [];
  for (const [at, file] of candidates().entries()) rows.push(await check(file, at, folder));
  tell(`type-checking ${rows.filter(({ result }) => result === "ok").length} files' modules`);
  const errors = typeErrors(folder);
  for (const row of rows) {
    const error = row.folder === undefined ? undefined : errors.get(row.folder);
    if (error !== undefined) Object.assign(row, { result: "type error", why: error });
    delete row.folder;
  }
  const judged = rows.filter(({ result }) => result !== "left out");
  const passed = judged.filter(({ result }) => result === "ok").length;
  if (values.json) {
    console.log(JSON.stringify({ passed, of: judged.length, missing, files: rows }, undefined, 2));
  } else {
    const width = Math.max(...rows.map(({ key }) => key.length));
    for (const { key, lines, result, why = "" } of rows) {
      console.log(`${key.padEnd(width)} ${String(lines).padStart(6)}  ${result}${why === "" ? "" : `: ${why}`}`);
    }
    const share = judged.length === 0 ? 0 : (100 * passed) / judged.length;
    console.log(
      `${passed} of ${judged.length} files pass (${share.toFixed(1)} %); ${rows.length - judged.length} left out`,
    );
    if (missing.length > 0) console.log(`not to be had from the mirror: ${missing.join(", ")}`);
  }
  process.exitCode = passed === judged.length && judged.length > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
