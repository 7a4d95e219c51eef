#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/src/portmapper/cli/main.js", import.meta.url);
if (existsSync(main)) {
  await (await import(main.href)).main(process.argv);
} else {
  console.error("tsrpcbind is not built: run npm run build");
  process.exitCode = 1;
}
