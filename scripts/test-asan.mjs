#!/usr/bin/env node
// Runs the tests of the native addon, and those of shm's memory, with the addon built for AddressSanitizer and UndefinedBehaviorSanitizer: the first
// access out of bounds, use after free or undefined operation ends the run.
//
//   npm run test:asan [-- --grep lists]     options go to mocha
//
// Leaks are not looked for: Node itself frees nothing of what lives until its end. Tests for garbage and `npm run soak` do.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { moduleBin, nodeDir, root, run } from "./lib/process.mjs";
import { filesUnder, readStamp, stampOf } from "./lib/stamp.mjs";

// node-gyp builds beside binding.gyp alone, so it gets a folder of its own; there node-addon-api is found, too.
const folder = join(root, "node_modules/.cache/native-asan");
const addon = join(folder, "build/Release/tsrpcgen.node");
// vptr needs type information, without which Node builds addons.
const sanitize = "-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all";
const compiler = process.env.CXX ?? "g++";

async function build() {
  const stampFile = join(folder, ".stamp");
  const stamp = stampOf(["native/binding.gyp", ...filesUnder("native/src")], [compiler, process.version, sanitize]);
  if (readStamp(stampFile) === stamp && existsSync(addon)) return 0;
  console.log("test:asan: node-gyp");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // At -O3 the sanitizers' code takes minutes to compile.
  const gyp = readFileSync(join(root, "native/binding.gyp"), "utf8").replace('"-O3"', '"-O1"');
  writeFileSync(join(folder, "binding.gyp"), gyp);
  symlinkSync(join(root, "native/src"), join(folder, "src"));
  const nodedir = nodeDir();
  const { code, output } = await run(
    process.execPath,
    [
      moduleBin("node-gyp/bin/node-gyp.js"),
      "rebuild",
      `--directory=${folder}`,
      "--loglevel=error",
      "--jobs=max",
      ...(nodedir === undefined ? [] : [`--nodedir=${nodedir}`]),
    ],
    {
      capture: true,
      env: {
        ...process.env,
        CXX: compiler,
        CXXFLAGS: `${sanitize} -g1 -fno-omit-frame-pointer`,
        LDFLAGS: sanitize,
      },
    },
  );
  if (code === 0) writeFileSync(stampFile, `${stamp}\n`);
  else process.stdout.write(output.split("\n").slice(-40).join("\n"));
  return code;
}

/** The sanitizers' libraries come before all others: Node is not built with them. */
async function libraries() {
  const paths = [];
  for (const name of ["libasan.so", "libubsan.so"]) {
    const { output } = await run(compiler, [`-print-file-name=${name}`], { capture: true });
    paths.push(output.trim());
  }
  return paths.join(":");
}

if (process.platform !== "linux") {
  console.log("test:asan: only on Linux");
  process.exit(0);
}
const built = await build();
if (built !== 0) process.exit(built);
const tests = ["native", "ipc"]
  .map((room) => `dist/test/${room}`)
  .filter((room) => existsSync(join(root, room)))
  .flatMap((room) => readdirSync(join(root, room)).map((file) => join(room, file)))
  // missing: what happens without an addon; this one is always there.
  .filter((file) => file.endsWith(".test.js") && !file.endsWith("/missing.test.js"))
  // Peers that write what they like into memory that is shared.
  .concat(["bytes", "flow", "hostile", "scribble"].map((name) => `dist/test/runtime/shm-${name}.test.js`));
const { code } = await run(
  process.execPath,
  [
    moduleBin("mocha/bin/mocha.js"),
    "--timeout=60000",
    // What a failed test leaves open is not waited for; npm test tells of what others do.
    "--exit",
    ...(process.env.CI === "true" ? ["--forbid-pending"] : []),
    ...process.argv.slice(2),
    ...tests,
  ],
  {
    env: {
      ...process.env,
      LD_PRELOAD: await libraries(),
      // Faults in shared memory are ours to handle: the addon's handlers come before the sanitizer's.
      // Too much memory is an error that our code handles, as it does elsewhere.
      ASAN_OPTIONS:
        "detect_leaks=0:halt_on_error=1:allow_user_segv_handler=1:abort_on_error=1:allocator_may_return_null=1",
      UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
      TSRPC_NATIVE_PATH: addon,
    },
  },
);
process.exitCode = code;
