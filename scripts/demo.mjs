#!/usr/bin/env node
// The main job on real input, in a folder of its own: generate from examples/date.x, start the bundled portmapper on a
// free port, start the date server, call it over each transport. Leaves nothing running and nothing behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { moduleBin, root, run } from "./lib/process.mjs";

const folder = mkdtempSync(join(tmpdir(), "tsrpcgen-demo-"));
/** What was started, in order; ended in the opposite one. */
const children = [];
let steps = 0;

function step(text) {
  console.log(`${++steps}. ${text}`);
}

/** Runs a program of the demo to its end, and yields its output. */
async function finish(args, env = {}) {
  const { code, output } = await run(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    capture: true,
  });
  if (code !== 0) throw new Error(`${args.join(" ")} ended with exit code ${code}:\n${output}`);
  return output.trim();
}

/** Starts a program that goes on running; resolves with its output's lines up to the one that `ready` accepts. */
async function start(args, env, ready) {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push({ child, exited: once(child, "exit") });
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (!ready(line)) continue;
    child.stdout.resume();
    return lines;
  }
  throw new Error(`${args.join(" ")} ended before it was ready:\n${lines.join("\n")}`);
}

async function endChildren() {
  for (const { child, exited } of children.splice(0).reverse()) {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    // One that does not end in time is no reason to leave it running.
    const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(late);
  }
}

/** A project as a user has one: a package.json, a tsconfig.json, tsrpcgen and Node's types under node_modules. */
function makeProject() {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    rewriteRelativeImportExtensions: true,
    outDir: "dist",
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  for (const file of ["date.x", "date_server.ts", "date_client.ts"])
    cpSync(join(root, "examples", file), join(folder, file));
}

async function demo() {
  makeProject();
  await finish([join(root, "bin/tsrpcgen.js"), "date.x"]);
  step("tsrpcgen date.x: wrote date.ts, date_clnt.ts, date_svc.ts");
  await finish([moduleBin("typescript/bin/tsc"), "-p", "."]);
  step("tsc: compiled them with examples/date_server.ts and examples/date_client.ts");

  const [listening] = await start(
    [
      join(root, "bin/tsrpcbind.js"),
      "--port",
      "0",
      "--host",
      "127.0.0.1",
      "--log",
      "off",
      "--socket",
      join(folder, "rpcbind.sock"),
    ],
    {},
    () => true,
  );
  step(listening);
  const port = /\btcp \S+:(\d+)/.exec(listening)?.[1];
  if (port === undefined) throw new Error("the portmapper does not say on which port it listens");

  // The server's local socket lies under XDG_RUNTIME_DIR.
  const env = { TSRPC_PORTMAP: `127.0.0.1:${port}`, XDG_RUNTIME_DIR: folder };
  for (const line of await start(["dist/date_server.js"], env, (line) => line.endsWith("ready"))) step(line);
  for (const transport of ["tcp", "udp", "local"]) {
    const answer = await finish(["dist/date_client.js", "localhost", transport], env);
    const [, seconds, text] = /^(\d+) (.+)$/.exec(answer) ?? [];
    if (text === undefined) throw new Error(`over ${transport} the date client printed: ${answer}`);
    step(`date client over ${transport}: BIN_DATE gives ${seconds}, STR_DATE gives "${text}"`);
  }
}

let cleaned;
/** Once, whether the demo ends by itself or by a signal. */
function clean() {
  cleaned ??= endChildren().finally(() => rmSync(folder, { recursive: true, force: true }));
  return cleaned;
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  process.once(signal, () => void clean().then(() => process.exit(code)));
}

try {
  await demo();
  await clean();
  step("ended the server and the portmapper, and removed the folder: done");
} catch (error) {
  await clean();
  // After a signal the children's end is no failure of its own.
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
}
