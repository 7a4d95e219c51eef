/** Dispatch tables: the procedures of each version, for programs that go through them without knowing them. */
import type { ProgramDefinition, Version } from "../model.ts";
import type { ConstDeclaration, Declaration } from "./declaration.ts";
import { procedureName, versionNames } from "./program.ts";
import type { Scope } from "./scope.ts";

/** `base` is the module that holds the descriptors: `./date`. */
export function emitTable(scope: Scope, program: ProgramDefinition, base: `./${string}`): Declaration[] {
  return program.versions.map((version) => emitVersion(scope, program, version, base));
}

function emitVersion(
  scope: Scope,
  program: ProgramDefinition,
  version: Version,
  base: `./${string}`,
): ConstDeclaration {
  const { descriptors } = versionNames(scope, version);
  const entries = version.procedures
    .toSorted((a, b) => a.number - b.number)
    .map((procedure) => `${scope.value(base, descriptors)}.${procedureName(scope, version, procedure)}`);
  return {
    kind: "const",
    name: `${descriptors}Table`,
    doc: [
      `Dispatch table of program \`${program.name}\`, version \`${version.name}\`: its procedures by ascending number.`,
      "",
      "Each has its number, its name, and the codecs of its arguments and its result: what a dispatcher, a proxy or a tracer\nneeds.",
    ].join("\n"),
    type: `readonly [${entries.map((entry) => `typeof ${entry}`).join(", ")}]`,
    value: `[${entries.join(", ")}]`,
  };
}
