/** Who sends and who receives the values of each type of a file. */
import type { Model, Type, TypeDefinition } from "../model.ts";
import { namedType } from "../model-facts.ts";
import { ANY_PEERS, ARGUMENT_PEERS, type Peers, RESULT_PEERS } from "./change.ts";

export interface TypeUse {
  /** Types that arguments hold. */
  readonly arguments: ReadonlySet<TypeDefinition>;
  /** Types that results hold. */
  readonly results: ReadonlySet<TypeDefinition>;
  /** Types that others hold. */
  readonly held: ReadonlySet<TypeDefinition>;
}

export function typeUse(model: Model): TypeUse {
  const args: Type[] = [];
  const results: Type[] = [];
  const held = new Set<TypeDefinition>();
  for (const definition of model.definitions) {
    if (definition.kind === "program") {
      for (const procedure of definition.versions.flatMap(({ procedures }) => procedures)) {
        args.push(...procedure.args.map(({ type }) => type));
        results.push(procedure.result);
      }
    } else if (definition.kind !== "const") {
      for (const type of definitions(typesOf(definition))) if (type !== definition) held.add(type);
    }
  }
  return { arguments: reached(args), results: reached(results), held };
}

export function peersOf(old: TypeDefinition, before: TypeUse, now: TypeDefinition, after: TypeUse): Peers {
  const isSent = before.arguments.has(old) || after.arguments.has(now);
  const isReturned = before.results.has(old) || after.results.has(now);
  if (isSent === isReturned) return ANY_PEERS;
  return isSent ? ARGUMENT_PEERS : RESULT_PEERS;
}

function reached(types: readonly Type[]): ReadonlySet<TypeDefinition> {
  const found = new Set(definitions(types));
  // A set gives what is added while it is walked, too.
  for (const definition of found) for (const next of definitions(typesOf(definition))) found.add(next);
  return found;
}

function definitions(types: readonly Type[]): TypeDefinition[] {
  return types
    .map(namedType)
    .filter((type) => type !== undefined)
    .filter((type) => type.kind !== "external");
}

function typesOf(definition: TypeDefinition): Type[] {
  switch (definition.kind) {
    case "enum":
      return [];
    case "typedef":
      return [definition.type];
    case "struct":
      return definition.fields.map(({ type }) => type);
    case "union": {
      const arms = [...definition.arms, ...(definition.defaultArm ? [definition.defaultArm] : [])];
      return [definition.discriminant.type, ...arms.flatMap(({ field }) => (field ? [field.type] : []))];
    }
  }
}
