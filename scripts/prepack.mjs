#!/usr/bin/env node
// Before `npm pack` and `npm publish`: builds all, and puts the addon where the published package has it. prebuildify
// moves the binary out of native/build, so the next set-up builds it there again.
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
process.exitCode = code;
