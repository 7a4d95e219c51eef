#!/usr/bin/env node
// Runs the tests, in four runs of mocha: what can use the native addon, and at the same time the rest, and the former once more
// with the addon hidden; then interop, in namespaces of its own, and alone, since C's daemons wait for nobody. The first and the
// last are seen as they go on, the others when they are over.
//
//   npm test                                 all
//   npm test -- --grep lists                 options go to mocha, in each run
//   npm test -- test/xdr test/a/b.test.ts    only the tests under these paths
//
// CI=true: a skipped test is a failure. TSRPC_TEST_REPORTS names the folder that gets mocha's JSON reports.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNamespace } from "./lib/namespace.mjs";
import { moduleBin, root, run } from "./lib/process.mjs";
import { filesUnder } from "./lib/stamp.mjs";

const strict = process.env.CI === "true";
const isPath = (argument) => /^(\.\/)?(dist\/)?test(\/|$)/.test(argument);
const compiled = (path) =>
  path
    .replace(/^(\.\/)?(dist\/)?/, "dist/")
    .replace(/\.ts$/, ".js")
    .replace(/\/$/, "");
const paths = process.argv.slice(2).filter(isPath).map(compiled);
const options = process.argv.slice(2).filter((argument) => !isPath(argument));

const wanted = filesUnder("dist/test").filter(
  (file) =>
    file.endsWith(".test.js") &&
    (paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`))),
);
const interop = wanted.filter((file) => file.startsWith("dist/test/interop/"));
const usesAddon = wanted.filter((file) => /^dist\/test\/(native|runtime|portmapper)\//.test(file));
const rest = wanted.filter((file) => !interop.includes(file) && !usesAddon.includes(file));

const reports = process.env.TSRPC_TEST_REPORTS ?? mkdtempSync(join(tmpdir(), "tsrpcgen-test-"));
mkdirSync(reports, { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };

/** One run of mocha; its figures join the total. A run without a report, or that fails beside its tests, is one failure. */
async function mocha({ name, files, prefix = [], env = {}, forbidPending = strict }, { capture }) {
  const report = join(reports, `${name.replaceAll(/\W+/g, "-")}.json`);
  rmSync(report, { force: true });
  // Local sockets of the tests' servers lie there, and go with it.
  const sockets = mkdtempSync(join(tmpdir(), "tsrpcgen-run-"));
  const [command, ...args] = [
    ...prefix,
    process.execPath,
    moduleBin("mocha/bin/mocha.js"),
    `--reporter=${join(root, "scripts/lib/mocha-reporter.mjs")}`,
    `--reporter-option=output=${report}`,
    ...(forbidPending ? ["--forbid-pending"] : []),
    ...options,
    ...files,
  ];
  const { code, output } = await run(command, args, {
    capture,
    env: { ...process.env, XDG_RUNTIME_DIR: sockets, ...env },
  });
  rmSync(sockets, { recursive: true, force: true });
  const {
    passes = 0,
    failures = 0,
    pending = 0,
  } = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).stats : {};
  total.passed += passes;
  total.skipped += pending;
  total.failed += code !== 0 && failures === 0 ? 1 : failures;
  return output;
}

/** Outside of namespaces the interop tests skip themselves, each with its reason. */
async function interopRun() {
  const run = { name: "interop", files: interop };
  if (interop.length === 0) return run;
  const namespace = await findNamespace();
  if ("command" in namespace) return { ...run, prefix: namespace.command, env: { TSRPC_TEST_NAMESPACE: "1" } };
  console.log(`\nno namespaces for the interop tests: ${namespace.reason}`);
  return run;
}

if (wanted.length === 0) {
  console.error(`no tests${paths.length === 0 ? ": dist/test is empty" : ` under ${paths.join(", ")}`}`);
  total.failed = 1;
}
const title = ({ name }) => `\n── ${name} ──`;

async function shown(run) {
  if (run.files.length === 0) return;
  console.log(title(run));
  await mocha(run, { capture: false });
}

/** One after the other. @returns what they printed */
async function silent(runs) {
  let printed = "";
  for (const run of runs.filter(({ files }) => files.length > 0))
    printed += `${title(run)}\n${await mocha(run, { capture: true })}`;
  return printed;
}

const [printed] = await Promise.all([
  silent([
    { name: "the rest", files: rest },
    // What only the addon can do is skipped here, so a skip is no failure.
    { name: "without the native addon", files: usesAddon, env: { TSRPC_NO_NATIVE: "1" }, forbidPending: false },
  ]),
  shown({ name: "runtime, portmapper and native", files: usesAddon }),
]);
if (printed !== "") console.log(printed);
await shown(await interopRun());

if (process.env.TSRPC_TEST_REPORTS === undefined) rmSync(reports, { recursive: true, force: true });
console.log(`\nAll runs: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
