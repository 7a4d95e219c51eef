#!/usr/bin/env node
// Formats the sources in place, as `npm run lint` wants them.
import { moduleBin, onPath, run } from "./lib/process.mjs";
import { nativeSources } from "./lib/native.mjs";

const { code } = await run(process.execPath, [
  moduleBin("prettier/bin/prettier.cjs"),
  "--write",
  "--log-level=warn",
  ".",
]);
process.exitCode = code;
if (onPath("clang-format")) {
  const formatted = await run("clang-format", ["-i", ...nativeSources()]);
  process.exitCode ||= formatted.code;
} else {
  console.log("format: native/ is left as it is (no clang-format)");
}
