/**
 * Prints a module. The only user of ts-morph, in one shot: its `add…` methods take quadratic time, and it goes through what
 * it prints by the character, twice. So it prints each form of declaration once, with stand-ins for the texts in it.
 */
import { createRequire } from "node:module";
import type * as tsMorph from "ts-morph";
import type { StatementStructures } from "ts-morph";
import type { Declaration, ImportSource, Method, ModuleSource, Parameter } from "./declaration.ts";
import { MARK, StandIns } from "./stand-ins.ts";

/** A line between the forms, which none of them holds. */
const SEPARATOR = `//${MARK}`;

/** The module's text, not yet formatted. Loads ts-morph at the first call. */
export function printModule(source: ModuleSource): string {
  const { Project, StructureKind } = loadTsMorph();
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  const forms = new Map<string, { index: number; structure: StatementStructures | string }>();
  const declarations = source.declarations.map((declaration) => {
    const standIns = new StandIns();
    const structure = declarationStructure(StructureKind, declaration, standIns);
    const key = JSON.stringify(structure);
    const form = forms.get(key) ?? { index: forms.size, structure };
    forms.set(key, form);
    return { form: form.index, standIns };
  });
  const file = project.createSourceFile("module.ts", {
    statements: [
      source.header.join("\n"),
      ...source.imports.map((it) => importStructure(StructureKind, it)),
      ...[...forms.values()].flatMap(({ structure }) => [SEPARATOR, structure]),
    ],
  });
  const [head = "", ...printed] = file.getFullText().split(`\n${SEPARATOR}\n`);
  const texts = declarations.map(({ form, standIns }) => standIns.replaced((printed[form] ?? "").trim()));
  return `${[head.trim(), ...texts].join("\n\n")}\n`;
}

/** By require, not by import: that would first look through its millions of characters for the names of what it exports. */
function loadTsMorph(): typeof tsMorph {
  return createRequire(import.meta.url)("ts-morph") as typeof tsMorph;
}

type Kinds = typeof tsMorph.StructureKind;

function importStructure(kinds: Kinds, it: ImportSource): StatementStructures {
  return {
    kind: kinds.ImportDeclaration,
    moduleSpecifier: it.from,
    isTypeOnly: it.typeOnly,
    namedImports: it.names.map(({ name, alias }) => (alias === undefined ? { name } : { name, alias })),
  };
}

function declarationStructure(kinds: Kinds, it: Declaration, standIns: StandIns): StatementStructures | string {
  if (it.kind === "statement") return standIns.code(it.text);
  const common = { name: standIns.code(it.name), isExported: it.local !== true };
  const docs = docsOf(it.doc, standIns);
  switch (it.kind) {
    case "const":
      return {
        kind: kinds.VariableStatement,
        isExported: common.isExported,
        docs,
        declarationKind: "const" as never, // VariableDeclarationKind.Const: the enum's object is loaded with ts-morph
        declarations: [
          {
            name: common.name,
            ...(it.type !== undefined && { type: standIns.code(it.type) }),
            initializer: standIns.code(it.value),
          },
        ],
      };
    case "alias":
      return { kind: kinds.TypeAlias, ...common, docs, type: standIns.code(it.type) };
    case "interface":
      return {
        kind: kinds.Interface,
        ...common,
        docs,
        properties: (it.properties ?? []).map(({ name, type, doc }) => ({
          name: standIns.code(name),
          type: standIns.code(type),
          docs: docsOf(doc, standIns),
        })),
        methods: (it.methods ?? []).map((method) => ({
          ...methodStructure(method, standIns),
          hasQuestionToken: true,
        })),
      };
    case "function":
      return {
        kind: kinds.Function,
        ...common,
        docs,
        isAsync: it.async === true,
        parameters: it.parameters.map((parameter) => parameterStructure(parameter, standIns)),
        returnType: standIns.code(it.returns),
        statements: standIns.code(it.body),
      };
    case "class":
      return {
        kind: kinds.Class,
        ...common,
        docs,
        extends: standIns.code(it.extends),
        methods: it.methods.map((method) => ({
          ...methodStructure(method, standIns),
          isStatic: method.isStatic,
          statements: standIns.code(method.body),
        })),
      };
  }
}

function docsOf(doc: string | undefined, standIns: StandIns): string[] {
  return doc === undefined ? [] : [standIns.comment(doc)];
}

interface ParameterStructure {
  name: string;
  type: string;
  hasQuestionToken: boolean;
}

interface MethodStructure {
  name: string;
  docs: string[];
  parameters: ParameterStructure[];
  returnType: string;
}

function methodStructure(method: Method, standIns: StandIns): MethodStructure {
  return {
    name: standIns.code(method.name),
    docs: docsOf(method.doc, standIns),
    parameters: method.parameters.map((parameter) => parameterStructure(parameter, standIns)),
    returnType: standIns.code(method.returns),
  };
}

function parameterStructure(it: Parameter, standIns: StandIns): ParameterStructure {
  return { name: standIns.code(it.name), type: standIns.code(it.type), hasQuestionToken: it.optional === true };
}
