/** Prints a module. The only user of ts-morph, in one shot: its `add…` methods take quadratic time. */
import type { StatementStructures } from "ts-morph";
import type { Declaration, ImportSource, Method, ModuleSource, Parameter } from "./declaration.ts";

/** The module's text, not yet formatted. Loads ts-morph at the first call. */
export async function printModule(source: ModuleSource): Promise<string> {
  const { Project, StructureKind } = await import("ts-morph");
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });

  const importStructure = (it: ImportSource): StatementStructures => ({
    kind: StructureKind.ImportDeclaration,
    moduleSpecifier: it.from,
    isTypeOnly: it.typeOnly,
    namedImports: it.names.map(({ name, alias }) => (alias === undefined ? { name } : { name, alias })),
  });

  const declarationStructure = (it: Declaration): StatementStructures | string => {
    if (it.kind === "statement") return `\n${it.text}`;
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
              ? { name: it.name, initializer: it.value }
              : { name: it.name, type: it.type, initializer: it.value },
          ],
        };
      case "alias":
        return { kind: StructureKind.TypeAlias, ...common, docs, type: it.type };
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
          statements: it.body,
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
            statements: method.body,
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
  return file.getFullText();
}

function docsOf(doc: string | undefined): string[] {
  // A comment of several lines begins on the line behind its mark.
  return doc === undefined ? [] : [doc.includes("\n") ? `\n${doc}` : doc];
}

function methodStructure(method: Method): {
  name: string;
  docs: string[];
  parameters: { name: string; type: string; hasQuestionToken: boolean }[];
  returnType: string;
} {
  return {
    name: method.name,
    docs: docsOf(method.doc),
    parameters: method.parameters.map(parameterStructure),
    returnType: method.returns,
  };
}

function parameterStructure(it: Parameter): { name: string; type: string; hasQuestionToken: boolean } {
  return { name: it.name, type: it.type, hasQuestionToken: it.optional === true };
}
