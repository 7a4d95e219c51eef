/** Prints a module. The only user of ts-morph, in one shot: its `add…` methods take quadratic time. */
import { createRequire } from "node:module";
import type * as tsMorph from "ts-morph";
import type { StatementStructures } from "ts-morph";
import type { Declaration, ImportSource, Method, ModuleSource, Parameter } from "./declaration.ts";
import { StandIns } from "./stand-ins.ts";

/** The module's text, not yet formatted. Loads ts-morph at the first call. */
export function printModule(source: ModuleSource): string {
  const { Project, StructureKind } = loadTsMorph();
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  // ts-morph goes through each text that it is given by the character, and then parses the module.
  const standIns = new StandIns();
  const docsOf = (doc: string | undefined): string[] => (doc === undefined ? [] : [standIns.comment(doc)]);

  const methodStructure = (method: Method): MethodStructure => ({
    name: method.name,
    docs: docsOf(method.doc),
    parameters: method.parameters.map(parameterStructure),
    returnType: method.returns,
  });

  const importStructure = (it: ImportSource): StatementStructures => ({
    kind: StructureKind.ImportDeclaration,
    moduleSpecifier: it.from,
    isTypeOnly: it.typeOnly,
    namedImports: it.names.map(({ name, alias }) => (alias === undefined ? { name } : { name, alias })),
  });

  const declarationStructure = (it: Declaration): StatementStructures | string => {
    if (it.kind === "statement") return `\n${standIns.code(it.text)}`;
    const common = { name: it.name, isExported: it.local !== true, leadingTrivia: "\n" };
    const docs = docsOf(it.doc);
    switch (it.kind) {
      case "const":
        return {
          kind: StructureKind.VariableStatement,
          isExported: common.isExported,
          leadingTrivia: common.leadingTrivia,
          docs,
          declarationKind: "const" as never, // VariableDeclarationKind.Const: the enum's object is loaded with ts-morph
          declarations: [
            it.type === undefined
              ? { name: it.name, initializer: standIns.code(it.value) }
              : { name: it.name, type: standIns.code(it.type), initializer: standIns.code(it.value) },
          ],
        };
      case "alias":
        return { kind: StructureKind.TypeAlias, ...common, docs, type: standIns.code(it.type) };
      case "interface":
        return {
          kind: StructureKind.Interface,
          ...common,
          docs,
          properties: (it.properties ?? []).map(({ name, type, doc }) => ({ name, type, docs: docsOf(doc) })),
          methods: (it.methods ?? []).map((method) => ({ ...methodStructure(method), hasQuestionToken: true })),
        };
      case "function":
        return {
          kind: StructureKind.Function,
          ...common,
          docs,
          isAsync: it.async === true,
          parameters: it.parameters.map(parameterStructure),
          returnType: it.returns,
          statements: standIns.code(it.body),
        };
      case "class":
        return {
          kind: StructureKind.Class,
          ...common,
          docs,
          extends: it.extends,
          methods: it.methods.map((method) => ({
            ...methodStructure(method),
            isStatic: method.isStatic,
            statements: standIns.code(method.body),
          })),
        };
    }
  };

  const file = project.createSourceFile("module.ts", {
    statements: [
      source.header.join("\n"),
      ...source.imports.map(importStructure),
      ...source.declarations.map(declarationStructure),
    ],
  });
  return standIns.replaced(file.getFullText());
}

/** By require, not by import: that would first look through its millions of characters for the names of what it exports. */
function loadTsMorph(): typeof tsMorph {
  return createRequire(import.meta.url)("ts-morph") as typeof tsMorph;
}

interface MethodStructure {
  name: string;
  docs: string[];
  parameters: { name: string; type: string; hasQuestionToken: boolean }[];
  returnType: string;
}

function parameterStructure(it: Parameter): { name: string; type: string; hasQuestionToken: boolean } {
  return { name: it.name, type: it.type, hasQuestionToken: it.optional === true };
}
