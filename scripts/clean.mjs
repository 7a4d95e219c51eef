#!/usr/bin/env node
// Removes what the build made; node_modules stays.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/process.mjs";

for (const folder of ["dist", "native/build", "native/prebuilds"]) {
  rmSync(join(root, folder), { recursive: true, force: true });
}
