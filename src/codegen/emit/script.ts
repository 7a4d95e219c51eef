/** `%ts` lines: they go into the module as they stand, so only once it is formatted. Until then a mark holds their place. */
import type { Model, ProgramDefinition, Type } from "../model.ts";
import type { Declaration } from "./declaration.ts";

const MARK = /^\/\/%ts (\d+)$/gm;

export function scriptMark(index: number): Declaration {
  return { kind: "statement", text: `//%ts ${index}` };
}

/** Puts the scripts of the model in the places of their marks. */
export function insertScripts(text: string, { scripts }: Model): string {
  if (scripts.length === 0) return text;
  return text.replace(MARK, (mark, index: string) => scripts[Number(index)]?.text ?? mark);
}

/** Client and server import the types of arguments and results from the module, whose `%ts` lines may not export them. */
export function exportScriptTypes(programs: readonly ProgramDefinition[]): Declaration[] {
  const procedures = programs.flatMap(({ versions }) => versions.flatMap((version) => version.procedures));
  const types = procedures.flatMap(({ args, result }) => [...args.map(({ type }) => type), result]);
  const names = new Set(types.map(scriptType).filter((name) => name !== undefined));
  return names.size === 0 ? [] : [{ kind: "statement", text: `export type { ${[...names].join(", ")} };` }];
}

function scriptType(type: Type): string | undefined {
  if (type.kind === "optional") return scriptType(type.element);
  if (type.kind !== "ref" || type.to.kind !== "external") return undefined;
  return type.to.module === undefined && !type.to.isExported ? type.to.type : undefined;
}
