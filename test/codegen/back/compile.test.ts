import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectOfCases, root } from "./golden.ts";

/** What ../../../tsconfig.json asks of our own sources, and more: a user's flags may be any of these. */
const STRICTEST = {
  target: "ES2022",
  lib: ["ES2023", "ESNext.Disposable"],
  types: ["node"],
  module: "NodeNext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUnusedLocals: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  isolatedDeclarations: true,
  declaration: true,
  erasableSyntaxOnly: true,
  noEmit: true,
};

describe("generated code passes the compiler", function () {
  this.timeout(120_000);
  let project: string;

  before(async () => {
    project = await projectOfCases();
  });

  after(() => {
    rmSync(project, { recursive: true, force: true });
  });

  function compile(tsc: string): void {
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    assert.equal(stdout, "");
    assert.equal(status, 0);
  }

  it("TypeScript 6, with every strict flag", () => {
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: STRICTEST }));
    compile(join(root, "node_modules/typescript/bin/tsc"));
  });

  it("TypeScript 7, with what its tsc --init writes", () => {
    rmSync(join(project, "tsconfig.json"));
    const tsc = join(root, "node_modules/typescript-7/bin/tsc");
    const init = spawnSync(process.execPath, [tsc, "--init"], { cwd: project, encoding: "utf8" });
    assert.equal(init.status, 0, init.stdout);
    // It lists no types, and the samples use process and console.
    const written = readFileSync(join(project, "tsconfig.json"), "utf8");
    const mended = written.replace(/"types": \[\]/, '"types": ["node"]').replace("{", '{ "exclude": ["dist"],');
    assert.notEqual(mended, written);
    writeFileSync(join(project, "tsconfig.json"), mended.replace(/("compilerOptions": \{)/, '$1 "noEmit": true,'));
    compile(tsc);
  });
});
