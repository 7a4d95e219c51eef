#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";

// Keeps the packages' compiled code in the system's folder for temporary files, as tsc does. Node 20 has no such thing.
module.enableCompileCache?.();
const main = new URL("../dist/src/codegen/cli/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error("tsrpcgen: not built yet: run npm run build");
  process.exitCode = 1;
}
