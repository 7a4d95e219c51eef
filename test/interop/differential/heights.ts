/** How far down a smallest value of a type goes: what ends the recursion of random values. */
import type { Model, Type, TypeDefinition } from "../../../src/codegen/model.ts";

/** The height of a value that holds no other of a definition; `Infinity` where a type has no finite value. */
export type Heights = (type: Type) => number;

/** Heights of all definitions of a model: 1 more than that of the highest field, or of the lowest arm. */
export function heightsOf({ definitions }: Model): Heights {
  const heights = new Map<TypeDefinition, number>();
  const height: Heights = (type) => {
    switch (type.kind) {
      case "ref":
        return type.to.kind === "external" ? 0 : (heights.get(type.to) ?? Infinity);
      case "fixed-array":
        return type.length === 0 ? 0 : height(type.element);
      default:
        return 0;
    }
  };
  const types = definitions.filter((each) => each.kind !== "const" && each.kind !== "program");
  for (let changed = true; changed;) {
    changed = false;
    for (const definition of types) {
      const found = 1 + contentHeight(definition, height);
      if (found < (heights.get(definition) ?? Infinity)) {
        heights.set(definition, found);
        changed = true;
      }
    }
  }
  return height;
}

function contentHeight(definition: TypeDefinition, height: Heights): number {
  switch (definition.kind) {
    case "enum":
      return 0;
    case "typedef":
      return height(definition.type);
    case "struct":
      return Math.max(0, ...definition.fields.map(({ type }) => height(type)));
    case "union": {
      const arms = [...definition.arms, ...(definition.defaultArm === undefined ? [] : [definition.defaultArm])];
      return Math.min(...arms.map(({ field }) => (field === undefined ? 0 : height(field.type))));
    }
  }
}
