/**
 * From a checked AST to the model. Nothing is reported here but names that nested types could not have: a file with errors
 * does not come this far, so what the checks rule out is a defect of theirs, and throws.
 */
import type * as ast from "./ast.ts";
import { isSelfAlias, isVoid } from "./ast-walk.ts";
import type { Constants } from "./constants.ts";
import type { Report } from "./diagnostics.ts";
import { tsLine } from "./externals.ts";
import { nodesOnCycles } from "./graph.ts";
import type * as model from "./model.ts";
import { findListField, namedType } from "./model-facts.ts";
import { ModelTypes, type Mutable } from "./model-types.ts";
import { namesItsBody, PathNames } from "./path-names.ts";
import type { Scope } from "./resolve.ts";

/** Builds the model of a file that has no errors. */
export function buildModel(
  file: string,
  specification: ast.Specification,
  scope: Scope,
  constants: Constants,
  report: Report,
  openEnums: boolean,
): model.Model {
  const types = new ModelTypes(scope, constants, openEnums);
  const names = new PathNames(scope, report);
  // Every type first gets its empty shell, so that references can be bound whatever the order of the source.
  const planned = specification.definitions.flatMap((definition) => plan(definition, types, names));
  types.fillAll();
  markRecursion(types.definitions());
  const definitions = planned.map((each) => (typeof each === "function" ? each() : each));
  return { file, definitions, scripts: buildScripts(specification, definitions) };
}

/** Neighbouring `%ts` lines are one script: what they say may go over several lines. */
function buildScripts({ passthroughs }: ast.Specification, definitions: readonly model.Definition[]): model.Script[] {
  const scripts: Mutable<model.Script>[] = [];
  let holder: ast.DefinitionNode | undefined;
  for (const { text, span, before } of passthroughs) {
    const line = tsLine(text);
    if (line === undefined) continue;
    const last = scripts.at(-1);
    if (last?.span.file === span.file && holder === before) {
      last.text += `\n${line}`;
      continue;
    }
    holder = before;
    // What a definition became first: its nested types stand before it.
    const own = before && definitions.find((it) => it.span.file === span.file && it.span.start >= before.span.start);
    scripts.push({ text: line, before: own, span });
  }
  return scripts;
}

/** What a definition becomes, in order; programs and constants are made once all types are there. */
function plan(
  definition: ast.DefinitionNode,
  types: ModelTypes,
  names: PathNames,
): (model.TypeDefinition | (() => model.Definition))[] {
  const nested = [...names.within(definition)].map((named) => types.shellOfBody(named.body, named));
  switch (definition.kind) {
    case "const":
      return [() => buildConstant(definition, types)];
    case "type":
      return [...nested, types.shellOfBody(definition.body, { ...definition, name: definition.name.text })];
    case "typedef": {
      if (isSelfAlias(definition)) return [];
      const named = { ...definition, name: definition.name.text };
      const { type } = definition.declaration;
      const isBody =
        namesItsBody(definition) && (type.kind === "enum" || type.kind === "struct" || type.kind === "union");
      return [...nested, isBody ? types.shellOfBody(type, named) : types.shellOfTypedef(definition)];
    }
    case "program":
      return [...nested, () => buildProgram(definition, types)];
    case "broken":
      throw new Error("a definition with a syntax error reached the model");
  }
}

function buildConstant(node: ast.ConstantNode, types: ModelTypes): model.ConstantDefinition {
  const { span, doc, source } = node;
  const value = node.value.kind === "text" ? node.value.value : types.value(node.value);
  return { kind: "const", name: node.name.text, span, doc, source, value };
}

function buildProgram(node: ast.ProgramNode, types: ModelTypes): model.ProgramDefinition {
  const { span, doc, source } = node;
  return {
    kind: "program",
    name: node.name.text,
    span,
    doc,
    source,
    number: Number(types.value(node.number)),
    versions: node.versions.map((version) => ({
      name: version.name.text,
      number: Number(types.value(version.number)),
      span: version.span,
      doc: version.doc,
      procedures: version.procedures.map((procedure) => buildProcedure(procedure, types)),
    })),
  };
}

function buildProcedure(node: ast.ProcedureNode, types: ModelTypes): model.Procedure {
  const args = node.args.filter(({ type }) => !isVoid(type));
  return {
    name: node.name.text,
    number: Number(types.value(node.number)),
    span: node.span,
    doc: node.doc,
    source: node.source,
    args: args.map((arg) => ({ name: arg.name?.text, type: types.argument(arg, args.length === 1), span: arg.span })),
    result: types.result(node.result),
  };
}

/** Sets `listField` and `recursive`: a list's own pointer to its next is no recursion, since a loop reads it. */
function markRecursion(definitions: readonly Mutable<model.TypeDefinition>[]): void {
  for (const definition of definitions) {
    if (definition.kind === "struct") definition.listField = findListField(definition);
  }
  const onCycles = nodesOnCycles<model.TypeDefinition>(definitions, heldTypes);
  for (const definition of definitions) {
    if (definition.kind !== "enum") definition.recursive = onCycles.has(definition);
  }
}

function heldTypes(definition: model.TypeDefinition): model.TypeDefinition[] {
  return typesIn(definition)
    .map(namedType)
    .filter((held) => held !== undefined)
    .filter((held) => held.kind !== "external");
}

function typesIn(definition: model.TypeDefinition): model.Type[] {
  switch (definition.kind) {
    case "enum":
      return [];
    case "typedef":
      return [definition.type];
    case "struct":
      return definition.fields.filter((field) => field !== definition.listField).map((field) => field.type);
    case "union": {
      const arms = [...definition.arms, ...(definition.defaultArm ? [definition.defaultArm] : [])];
      return arms.flatMap(({ field }) => (field ? [field.type] : []));
    }
  }
}
