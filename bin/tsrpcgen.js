#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/src/codegen/cli/main.js", import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  console.error("tsrpcgen: not built yet: run npm run build");
  process.exitCode = 1;
}
