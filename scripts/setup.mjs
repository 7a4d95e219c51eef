#!/usr/bin/env node
// Brings a checkout to where its commands and tests can run: packages, dist, the native addon, links of the commands.
// Each step is left out when it is up to date, so this runs before `npm test` and `npm run demo` at the cost of a hash.
//
//   node scripts/setup.mjs [--force]     --force: build all anew
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { moduleBin, nodeDir, onPath, root, run } from "./lib/process.mjs";
import { filesUnder, readStamp, stampOf } from "./lib/stamp.mjs";

const force = process.argv.includes("--force");

class SetupError extends Error {}

function say(text) {
  console.log(`setup: ${text}`);
}

/** Installs the packages of package-lock.json where node_modules is missing or older. */
async function installPackages() {
  const installed = join(root, "node_modules/.package-lock.json");
  const locked = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(locked).mtimeMs) return;
  say("npm ci");
  // npm names itself to its scripts; another npm on the PATH may be older.
  const npm = process.env.npm_execpath;
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  const { code } = npm?.endsWith(".js") ? await run(process.execPath, [npm, ...args]) : await run("npm", args);
  if (code !== 0) throw new SetupError("npm ci failed");
}

/** Compiles the TypeScript sources into an empty dist: tsc leaves the output of deleted sources, old tests among them. */
async function compile() {
  const sources = ["grammar", "src", "test", "examples"].flatMap(filesUnder).filter((file) => /\.[cm]?ts$/.test(file));
  const stamp = stampOf(["tsconfig.json", "package.json", "package-lock.json", ...sources]);
  const dist = join(root, "dist");
  const stampFile = join(dist, ".stamp");
  if (!force && readStamp(stampFile) === stamp) return;
  say("tsc");
  rmSync(dist, { recursive: true, force: true });
  const { code } = await run(process.execPath, [moduleBin("typescript/bin/tsc"), "-p", "."]);
  if (code !== 0) throw new SetupError("tsc failed");
  mkdirSync(dist, { recursive: true });
  writeFileSync(stampFile, `${stamp}\n`);
}

/** What node-gyp needs and this machine lacks, or undefined. */
function missingTool() {
  if (!["c++", "g++", "clang++"].some(onPath)) return "no C++ compiler";
  if (!["make", "gmake"].some(onPath)) return "no make";
  if (!["python3", "python"].some(onPath)) return "no Python (node-gyp needs it)";
  return undefined;
}

/** Builds the native addon. It is optional: where it can't be built, the reason is said and set-up goes on. */
async function buildAddon() {
  const without = "everything but what needs it works without";
  const missing = missingTool();
  if (missing !== undefined) return say(`the native addon is not built (${missing}); ${without}`);

  const build = join(root, "native/build");
  const stampFile = join(build, ".stamp");
  const failureFile = join(build, ".failed");
  const nodedir = nodeDir();
  const stamp = stampOf(
    ["native/binding.gyp", ...filesUnder("native/src"), "node_modules/node-addon-api/package.json"],
    [process.platform, process.arch, nodedir ?? "", process.versions.modules],
  );
  if (!force && readStamp(stampFile) === stamp && existsSync(join(build, "Release/tsrpcgen.node"))) return;
  if (!force && readStamp(failureFile) === stamp) {
    return say(`the native addon did not build the last time (npm run clean has it tried anew); ${without}`);
  }
  say("node-gyp");
  rmSync(build, { recursive: true, force: true });
  const { code, output } = await run(
    process.execPath,
    [
      moduleBin("node-gyp/bin/node-gyp.js"),
      "rebuild",
      "--directory=native",
      "--loglevel=warn",
      "--jobs=max",
      ...(nodedir === undefined ? [] : [`--nodedir=${nodedir}`]),
    ],
    { capture: true },
  );
  mkdirSync(build, { recursive: true });
  if (code === 0) {
    // Warnings of our own sources are shown, not the log of a build that went well.
    for (const line of output.split("\n")) if (/ warning: /.test(line)) console.log(line);
    writeFileSync(stampFile, `${stamp}\n`);
  } else {
    process.stdout.write(output.split("\n").slice(-40).join("\n"));
    writeFileSync(failureFile, `${stamp}\n`);
    say(`the native addon did not build; ${without}`);
  }
}

/**
 * Links the commands where npx looks first. npx would link the checkout into its cache, and there a command that did not
 * exist at the first npx is never found again.
 */
function linkCommands() {
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  mkdirSync(join(root, "node_modules/.bin"), { recursive: true });
  for (const [name, file] of Object.entries(bin)) {
    const link = join(root, "node_modules/.bin", name);
    const target = `../../${file}`;
    const found = lstatSync(link, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() && readlinkSync(link) === target) continue;
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
}

try {
  await installPackages();
  linkCommands();
  await Promise.all([compile(), buildAddon()]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`setup: ${error.message}`);
  process.exitCode = 1;
}
