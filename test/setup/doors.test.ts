import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root, run } from "./run.ts";

/** A wrong import of each kind: the module that has it, its line, and the rule that it breaks. */
const wrong: readonly (readonly [file: string, line: string, rule: string])[] = [
  ["src/xdr/a1.ts", `import "../runtime/index.ts";`, "xdr-imports-nothing"],
  ["src/xdr/a2.ts", `import "node:fs";`, "xdr-imports-nothing"],
  ["src/runtime/a3.ts", `import "../portmapper/index.ts";`, "runtime-doors"],
  ["src/runtime/a4.ts", `import "../codegen/index.ts";`, "runtime-doors"],
  ["src/portmapper/a5.ts", `import "../codegen/index.ts";`, "portmapper-doors"],
  ["src/codegen/a6.ts", `import "../runtime/index.ts";`, "codegen-doors"],
  ["src/codegen/a7.ts", `export const load = () => import("../runtime/index.ts");`, "codegen-doors"],
  ["src/codegen/a8.ts", `import "tsrpcgen/runtime";`, "codegen-doors"],
  ["src/codegen/ast.ts", `import "./resolve.ts";`, "codegen-stages-ast"],
  ["src/codegen/model.ts", `import "./emit/module.ts";`, "codegen-stages-model"],
  ["src/codegen/a9.ts", `import "./cli/main.ts";`, "commands-are-ends"],
  ["src/codegen/a10.ts", `import "ts-morph";`, "one-user-of-ts-morph"],
  ["src/runtime/gen/a11.ts", `import "../client.ts";`, "gen-imports-public-names"],
  ["src/runtime/a12.ts", `import "node-gyp-build";`, "one-door-to-native"],
  ["src/portmapper/a15.ts", `import "pino";`, "one-command-logs"],
  ["grammar/a13.ts", `import "../src/codegen/index.ts";`, "grammar-doors"],
  ["examples/a14.ts", `import "../src/runtime/index.ts";`, "examples-by-name"],
  ["src/runtime/client.ts", `import "./index.ts";`, "no-cycles"],
];

/** A tree with a module in each room and no wrong import. */
const rooms: Readonly<Record<string, string>> = {
  "src/xdr/index.ts": "export {};",
  "src/runtime/index.ts": `import "../xdr/index.ts";\nimport "./client.ts";`,
  "src/runtime/client.ts": "export {};",
  "src/portmapper/index.ts": `import "../runtime/index.ts";`,
  "src/codegen/index.ts": "export {};",
  "src/codegen/resolve.ts": "export {};",
  "src/codegen/emit/module.ts": `import "ts-morph";`,
  "src/codegen/cli/main.ts": `import "../index.ts";`,
  "grammar/parser.ts": "export {};",
  "examples/date.ts": `import "tsrpcgen/runtime";`,
};

describe("the doors between the rooms", function () {
  this.timeout(60_000);
  let tree: string;

  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), "tsrpcgen-doors-"));
    for (const file of ["package.json", "tsconfig.json", ".dependency-cruiser.mjs"])
      cpSync(join(root, file), join(tree, file));
    symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
    for (const [file, text] of Object.entries(rooms)) write(file, text);
  });

  afterEach(() => {
    rmSync(tree, { recursive: true });
  });

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), `${text}\n`);
  }

  /** The broken rules, as "module: rule". */
  async function cruise(): Promise<string[]> {
    const cruiser = join(root, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
    // Without --output-type=err the exit code is 0 whatever is found.
    const json = await run(process.execPath, [cruiser, "--output-type=json", "src", "grammar", "examples"], {
      cwd: tree,
    });
    const { summary } = JSON.parse(json) as { summary: { violations: { from: string; rule: { name: string } }[] } };
    return summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`);
  }

  it("a tree without a wrong import passes", async () => {
    assert.deepEqual(await cruise(), []);
  });

  // One run for all: each costs seconds.
  it("each wrong import breaks its rule", async () => {
    for (const [file, line] of wrong) write(file, line);
    const broken = await cruise();
    for (const [file, line, rule] of wrong) {
      assert(broken.includes(`${file}: ${rule}`), `${file}: ${line} does not break ${rule}\n${broken.join("\n")}`);
    }
  });
});
