// What the codec's bench measures, made anew in a folder: our generated modules, C's program, and each workload's bytes.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";
import { encode } from "../../dist/src/xdr/index.js";
import { generate } from "../../dist/src/codegen/index.js";
import { valueOf, workloads } from "./values.mjs";
import { variants } from "./variants.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

const codecs = ["Date", "Fattr3", "Dirlistplus3", "IntList", "DoubleList", "Blob", "Blob", "RecordList"];

/** Generates and compiles each variant as a user has it, and writes the bytes that the default one gives. */
export async function prepareOurs(folder) {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
  const text = readFileSync(join(here, "bench.x"), "utf8");
  for (const { name, options } of variants) {
    const { files, diagnostics } = await generate({ ...options, sources: [{ path: "bench.x", text }] });
    if (files.length === 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
    const { outputText } = ts.transpileModule(files[0].text, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "bench.js"), outputText);
  }
  const module = await import(pathToFileURL(join(folder, "default/bench.js")).href);
  for (const [i, workload] of workloads.entries())
    writeFileSync(join(folder, `${workload}.xdr`), encode(module[`${codecs[i]}Codec`], valueOf(workload)));
}

/** C's program: rpcgen's default output, and libtirpc. */
export function prepareC(folder) {
  const at = join(folder, "c");
  mkdirSync(at);
  writeFileSync(join(at, "bench.x"), readFileSync(join(here, "bench.x")));
  const run = (command, ...args) => execFileSync(command, args, { cwd: at, stdio: ["ignore", "pipe", "inherit"] });
  run("rpcgen", "-h", "-o", "bench.h", "bench.x");
  run("rpcgen", "-c", "-o", "bench_xdr.c", "bench.x");
  const include = ["-I/usr/include/tirpc", `-I${at}`];
  // rpcgen leaves an unused variable in each function.
  const flags = ["-O2", "-Wno-unused-variable", "-o", "bench"];
  run("gcc", ...flags, ...include, join(here, "c.c"), "bench_xdr.c", "-ltirpc");
  return join(at, "bench");
}
