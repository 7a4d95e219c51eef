#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/src/portmapper/cli/tsrpcinfo/main.js", import.meta.url);
if (existsSync(main)) {
  await (await import(main.href)).main(process.argv);
} else {
  console.error("tsrpcinfo is not built: run npm run build");
  process.exitCode = 1;
}
