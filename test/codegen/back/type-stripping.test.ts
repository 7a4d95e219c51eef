import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { generate } from "../../../src/codegen/generate.ts";
import { cases, generated, root } from "./golden.ts";
import { node24 } from "./node24.ts";

/** Serves and calls date.x in one process, with nothing between it and its TypeScript but Node's own type stripping. */
const MAIN = `
import { RpcServer } from "tsrpcgen/runtime";
import { DATE_PROG, DATE_VERS } from "./date.ts";
import { DateProgV1Client } from "./date_clnt.ts";
import { type DateProgV1Handlers, dateProgV1Service } from "./date_svc.ts";

const handlers: DateProgV1Handlers = {
  binDate: () => 1_000_000_000,
  strDate: (time: number) => new Date(time * 1000).toISOString(),
};
await using server = new RpcServer();
server.add(dateProgV1Service(handlers));
const [bound] = await server.listen({ tcp: { host: "127.0.0.1", port: 0 }, udp: false, tcp6: false, udp6: false, local: false, portmap: "off" });
await using date = await DateProgV1Client.connect({ host: "127.0.0.1", transport: "tcp", port: bound!.port });
const seconds: number = await date.binDate();
console.log(process.versions.node.split(".")[0], DATE_PROG, DATE_VERS, seconds, await date.strDate(seconds));
`;

/** Imports each module named after it, and tells how many there were. The samples would run: they are stripped alone. */
const LOAD = `
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
for (const path of process.argv.slice(2)) {
  if (/_(client|server)\\.ts$/.test(path)) stripTypeScriptTypes(readFileSync(path, "utf8"));
  else await import(path);
}
console.log(process.argv.length - 2);
`;

describe("generated code runs under the type stripping of Node 24, with --import-extension .ts", function () {
  this.timeout(240_000);
  let node: string;
  let folder: string;

  before(async function () {
    folder = mkdtempSync(join(tmpdir(), "tsrpcgen-strip-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/tsrpcgen"));
    write("package.json", '{ "type": "module" }');
    try {
      node = await node24();
    } catch (error) {
      console.log(`      Node 24 can't be had: ${error instanceof Error ? error.message : String(error)}`);
      this.skip();
    }
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(path: string, text: string): string {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  }

  /** What a module prints. Warnings stay out of it; a module that does not run fails with what it says. */
  async function run(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(node, ["--disable-warning=ExperimentalWarning", ...args], {
      cwd: folder,
    });
    return stdout;
  }

  it("date.x: a server and its client", async () => {
    const text = readFileSync(join(root, "examples/date.x"), "utf8");
    const { files } = await generate({ sources: [{ path: "date.x", text }], importExtension: ".ts" });
    for (const file of files) write(file.path, file.text);
    write("main.ts", MAIN);
    assert.equal(await run("main.ts"), "24 201271 1 1000000000 2001-09-09T01:46:40.000Z\n");
  });

  it("every module of every golden case", async () => {
    const paths: string[] = [];
    // Its imports are those that the user wrote.
    for (const name of cases.filter((each) => each !== "externals")) {
      const { files } = await generated(name, ".ts");
      for (const { path, text } of files) paths.push(write(join(name, path), text));
    }
    assert(paths.length > cases.length);
    write("load.ts", LOAD);
    assert.equal(await run("load.ts", ...paths), `${paths.length}\n`);
  });
});
