/** One value, written and read where its turn comes. */
import { minimumSize } from "../model-facts.ts";
import type { Type } from "../model.ts";
import { type Slot, runSlot } from "./leaf.ts";
import { numberArrayForm, stringForm, wireName, wireType } from "./representation.ts";
import type { Scope } from "./scope.ts";
import { quote } from "./text.ts";
import { typeText } from "./types.ts";

/** Elements of a fixed-length array for which memory is taken before it is known that they are there. */
const MADE_ELEMENTS = 1024;

/** Statements that write the value. `depth` counts the loops around it. */
export function encodeItem(scope: Scope, slot: Slot, depth = 0): string {
  const { access } = slot;
  const type = inlined(scope, slot.type);
  const place = quote(slot.place);
  switch (type.kind) {
    case "primitive":
      return type.name === "void" ? "" : `w.${wireName(scope, type.name)}(${access}, ${place});`;
    case "string":
      return `w.${stringForm(scope).method}(${access}, ${place}${bound(type.max)});`;
    case "opaque":
      return `w.opaque(${access}, ${place}${bound(type.max)});`;
    case "fixed-opaque":
      return `w.opaqueFixed(${access}, ${type.length}, ${place});`;
    case "array":
      return `w.arrayLength(${access}.length, ${place}${bound(type.max)});\n${encodeElements(scope, slot, type.element, depth)}`;
    case "fixed-array":
      return `w.fixedLength(${access}.length, ${type.length}, ${place});\n${encodeElements(scope, slot, type.element, depth)}`;
    case "optional": {
      const some = encodeItem(scope, { ...slot, type: type.element }, depth);
      return `w.present(${access} !== null, ${place});\nif (${access} !== null) {\n${some}\n}`;
    }
    case "ref": {
      const names = scope.typeNames(type.to);
      if (type.to.kind === "enum") return `w.enum(${access}, ${names.guard}, ${place});`;
      return `${names.codec}.encode(w, ${access});`;
    }
  }
}

function encodeElements(scope: Scope, slot: Slot, element: Type, depth: number): string {
  const numbers = numberArrayForm(scope, element);
  if (numbers !== undefined) return `w.${numbers.method}(${slot.access}, ${quote(slot.place)});`;
  const item = numbered("item", depth);
  const single = singleLeaf(scope, { access: item, type: element, place: slot.place });
  if (single !== undefined) {
    const at = numbered("at", depth, "Item");
    // In a block of its own, apart from the offsets of the next array.
    return (
      `{\nlet ${at} = w.reserve(${single.bytes} * ${slot.access}.length, ${quote(slot.place)});\n` +
      `for (const ${item} of ${slot.access}) {\n${single.set(at)}\n${at} += ${single.bytes};\n}\n}`
    );
  }
  const body = encodeItem(scope, { access: item, type: element, place: slot.place }, depth + 1);
  return `for (const ${item} of ${slot.access}) {\n${body}\n}`;
}

/** How a value is read: an expression, after statements that it needs. */
export interface Reading {
  readonly statements: readonly string[];
  readonly expression: string;
}

/** Reads the value. `local` is a name for a variable, where one is needed. */
export function decodeItem(scope: Scope, slot: Omit<Slot, "access">, local: string, depth = 0): Reading {
  const type = inlined(scope, slot.type);
  const place = quote(slot.place);
  const simply = (expression: string): Reading => ({ statements: [], expression });
  switch (type.kind) {
    case "primitive":
      return simply(type.name === "void" ? "undefined" : `r.${wireName(scope, type.name)}(${place})`);
    case "string":
      return simply(`r.${stringForm(scope).method}(${place}${bound(type.max)})`);
    case "opaque":
      return simply(`r.opaque(${place}${bound(type.max)})`);
    case "fixed-opaque":
      return simply(`r.opaqueFixed(${type.length}, ${place})`);
    case "array": {
      const count = `r.arrayLength(${place}, ${minimumSize(type.element)}${bound(type.max)})`;
      return decodeElements(scope, slot, type, count, local, depth);
    }
    case "fixed-array":
      return decodeElements(scope, slot, type, String(type.length), local, depth);
    case "optional": {
      const some = decodeItem(scope, { ...slot, type: type.element }, numbered("some", depth), depth + 1);
      if (some.statements.length === 0) return simply(`r.present(${place}) ? ${some.expression} : null`);
      const statements = [...some.statements, `${local} = ${some.expression};`].join("\n");
      return {
        statements: [`let ${local}: ${typeText(scope, type)} = null;`, `if (r.present(${place})) {\n${statements}\n}`],
        expression: local,
      };
    }
    case "ref": {
      const names = scope.typeNames(type.to);
      return simply(type.to.kind === "enum" ? `r.enum(${names.guard}, ${place})` : `${names.codec}.decode(r)`);
    }
  }
}

function decodeElements(
  scope: Scope,
  slot: Omit<Slot, "access">,
  type: Extract<Type, { kind: "array" | "fixed-array" }>,
  count: string,
  local: string,
  depth: number,
): Reading {
  const numbers = numberArrayForm(scope, type.element);
  if (numbers !== undefined) {
    return { statements: [], expression: `r.${numbers.method}(${count}, ${quote(slot.place)})` };
  }
  const i = numbered("i", depth);
  const element = typeText(scope, type.element);
  // Filled, not pushed to: an array that grows is copied as it does. But a long one of fixed length may not be there: that only its elements tell.
  const isMade = type.kind === "array" || type.length <= MADE_ELEMENTS;
  const array = isMade
    ? `const ${local} = new ${scope.global("Array")}<${element}>(${count});`
    : `const ${local}: ${typeText(scope, type)} = [];`;
  const length = isMade ? `${local}.length` : count;
  const loop = `for (let ${i} = 0; ${i} < ${length}; ${i}++)`;
  const single = singleLeaf(scope, { access: "", type: type.element, place: slot.place });
  if (single !== undefined) {
    const first = numbered("first", depth);
    const item = single.get(`${first} + ${single.bytes} * ${i}`);
    const block = [
      `const ${first} = r.take(${single.bytes} * ${length}, ${quote(slot.place)});`,
      `${loop} ${local}[${i}] = ${item};`,
    ];
    return { statements: [array, `{\n${block.join("\n")}\n}`], expression: local };
  }
  const item = decodeItem(scope, { ...slot, type: type.element }, numbered("item", depth), depth + 1);
  const body = [...item.statements, `${local}[${i}] = ${item.expression};`].join("\n");
  return { statements: [array, `${loop} {\n${body}\n}`], expression: local };
}

/** The element as one fixed-size item: then the whole array is one run. */
function singleLeaf(
  scope: Scope,
  slot: Slot,
): { bytes: number; set: (at: string) => string; get: (at: string) => string } | undefined {
  const type = wireType(scope, slot.type);
  if (type.kind === "ref" && type.to.kind === "struct") return undefined;
  const run = runSlot(scope, slot);
  const [leaf] = run?.leaves ?? [];
  if (run === undefined || leaf === undefined) return undefined;
  return { ...leaf, get: (at) => run.get(() => at) };
}

/** Behind typedefs, unless what is there takes more than a call: then the typedef's codec does it. */
function inlined(scope: Scope, type: Type): Type {
  const behind = wireType(scope, type);
  return behind.kind === "array" || behind.kind === "fixed-array" || behind.kind === "optional" ? type : behind;
}

function bound(max: number | undefined): string {
  return max === undefined ? "" : `, ${max}`;
}

function numbered(name: string, depth: number, suffix = ""): string {
  return `${name}${suffix}${depth === 0 ? "" : depth + 1}`;
}
