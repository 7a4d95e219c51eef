#!/usr/bin/env node
// Before `npm pack` and `npm publish`: builds all, puts the addon where the published package has it, and bundles dist.
// prebuildify moves the binary out of native/build, and dist is as it is published: the next set-up builds both again.
//
//   node scripts/prepack.mjs [--no-bundle]     --no-bundle: for whoever packs, and bundles, some of it
import { rmSync } from "node:fs";
import { join } from "node:path";
import { moduleBin, nodeDir, root, run } from "./lib/process.mjs";

const setup = await run(process.execPath, [join(root, "scripts/setup.mjs")]);
if (setup.code !== 0) process.exit(setup.code);

rmSync(join(root, "native/prebuilds"), { recursive: true, force: true });
const nodedir = nodeDir();
const { code } = await run(
  process.execPath,
  [moduleBin("prebuildify/bin.js"), "--napi", "--strip", "--tag-libc", "--cwd", "native", "--name", "tsrpcgen"],
  {
    env: {
      ...process.env,
      JOBS: "max",
      ...(nodedir === undefined ? {} : { npm_config_nodedir: nodedir }),
      PREBUILD_NODE_GYP: moduleBin("node-gyp/bin/node-gyp.js"),
    },
  },
);
if (code !== 0) process.exit(code);
if (process.argv.includes("--no-bundle")) process.exit(0);
rmSync(join(root, "dist/.stamp"), { force: true });
const bundled = await run(process.execPath, [join(root, "scripts/bundle.mjs"), root]);
process.exitCode = bundled.code;
