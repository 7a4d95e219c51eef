/** Ways through the model that several rules take. */
import type { Span } from "../ast.ts";
import type { Field, Model, Procedure, ProgramDefinition, Type, Version } from "../model.ts";

/** A type where it is written down. */
export interface Declared {
  /** As it is called in messages. */
  readonly what: string;
  /** Undefined for an argument without one, and for a result. */
  readonly name: string | undefined;
  readonly type: Type;
  readonly span: Span;
  /** The procedure whose argument or result it is. */
  readonly procedure: Procedure | undefined;
}

/** Fields, arms, typedefs, arguments and results. */
export function* declarations(model: Model): Generator<Declared> {
  for (const definition of model.definitions) {
    switch (definition.kind) {
      case "typedef": {
        const { name, type, span } = definition;
        yield { what: `'${name}'`, name, type, span, procedure: undefined };
        break;
      }
      case "struct":
        for (const field of definition.fields) yield ofField(field);
        break;
      case "union": {
        const arms = [...definition.arms, ...(definition.defaultArm ? [definition.defaultArm] : [])];
        for (const { field } of arms) if (field) yield ofField(field);
        break;
      }
      default:
    }
  }
  for (const { procedure } of procedures(model)) yield* typesOf(procedure);
}

function ofField({ name, type, span }: Field): Declared {
  return { what: `'${name}'`, name, type, span, procedure: undefined };
}

function* typesOf(procedure: Procedure): Generator<Declared> {
  const { name, args, result, span } = procedure;
  yield { what: `the result of '${name}'`, name: undefined, type: result, span, procedure };
  for (const arg of args) {
    const what = arg.name === undefined ? `the argument of '${name}'` : `'${arg.name}' of '${name}'`;
    yield { what, name: arg.name, type: arg.type, span: arg.span, procedure };
  }
}

export function* procedures(
  model: Model,
): Generator<{ readonly program: ProgramDefinition; readonly version: Version; readonly procedure: Procedure }> {
  for (const program of model.definitions) {
    if (program.kind !== "program") continue;
    for (const version of program.versions) {
      for (const procedure of version.procedures) yield { program, version, procedure };
    }
  }
}

/** Whether it is a string that is all that a procedure takes, or what it gives: C has another routine for those. */
export function isWrapString({ type, procedure }: Declared): boolean {
  if (type.kind !== "string" || !procedure) return false;
  return type === procedure.result || procedure.args.length === 1;
}
