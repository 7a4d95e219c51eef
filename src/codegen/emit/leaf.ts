/**
 * Fixed-size items: what a run of them reserves at once. A struct of nothing else is inlined into the run of the struct
 * that holds it.
 */
import type { Type } from "../model.ts";
import { type WireName, wireName, wireType } from "./representation.ts";
import type { Scope } from "./scope.ts";
import { property, quote } from "./text.ts";

/** A value to be written or read: where it is in TypeScript, and what errors call it. */
export interface Slot {
  /** An expression that gives the value when encoding. */
  readonly access: string;
  readonly type: Type;
  readonly place: string;
}

/** A fixed-size item within a run. */
export interface Leaf {
  readonly bytes: number;
  /** The writer's `set…` call for it at an offset. */
  readonly set: (at: string) => string;
}

/** A slot within a run: its items, and the expression that gives its value from their offsets. */
export interface RunSlot {
  readonly leaves: readonly Leaf[];
  readonly get: (at: (index: number) => string) => string;
}

/** Most items that a struct may bring into the run of another. Beyond it, its codec is called. */
const MAX_INLINED_LEAVES = 64;

interface Method {
  readonly suffix: string;
  readonly bytes: number;
  /** The reader's `get…` can fail, and takes the place. */
  readonly checked: boolean;
}

const METHODS: Readonly<Record<Exclude<WireName, "void" | "quadruple">, Method>> = {
  int8: { suffix: "Int8", bytes: 4, checked: true },
  uint8: { suffix: "Uint8", bytes: 4, checked: true },
  int16: { suffix: "Int16", bytes: 4, checked: true },
  uint16: { suffix: "Uint16", bytes: 4, checked: true },
  int32: { suffix: "Int32", bytes: 4, checked: false },
  uint32: { suffix: "Uint32", bytes: 4, checked: false },
  int64: { suffix: "Int64", bytes: 8, checked: false },
  uint64: { suffix: "Uint64", bytes: 8, checked: false },
  safeInt64: { suffix: "SafeInt64", bytes: 8, checked: true },
  safeUint64: { suffix: "SafeUint64", bytes: 8, checked: true },
  bool: { suffix: "Bool", bytes: 4, checked: true },
  float: { suffix: "Float", bytes: 4, checked: false },
  double: { suffix: "Double", bytes: 8, checked: false },
};

/** The slot as part of a run; undefined where its size varies or it is read in a loop. */
export function runSlot(scope: Scope, slot: Slot): RunSlot | undefined {
  const { access } = slot;
  const place = quote(slot.place);
  const type = wireType(scope, slot.type);
  if (type.kind === "fixed-opaque") return opaqueSlot(access, type.length, place);
  if (type.kind === "primitive") {
    const name = wireName(scope, type.name);
    if (name === "void") return undefined;
    if (name === "quadruple") return opaqueSlot(access, 16, place);
    const { suffix, bytes, checked } = METHODS[name];
    return {
      leaves: [{ bytes, set: (at) => `w.set${suffix}(${at}, ${access}, ${place});` }],
      get: (at) => `r.get${suffix}(${at(0)}${checked ? `, ${place}` : ""})`,
    };
  }
  if (type.kind !== "ref") return undefined;
  if (type.to.kind === "enum") {
    const { guard } = scope.typeNames(type.to);
    return {
      leaves: [{ bytes: 4, set: (at) => `w.setEnum(${at}, ${access}, ${guard}, ${place});` }],
      get: (at) => `r.getEnum(${at(0)}, ${guard}, ${place})`,
    };
  }
  if (type.to.kind !== "struct" || type.to.recursive || type.to.listField !== undefined) return undefined;
  return structSlot(scope, access, type.to);
}

function opaqueSlot(access: string, length: number, place: string): RunSlot {
  const bytes = length + (-length & 3);
  return {
    leaves: [{ bytes, set: (at) => `w.setOpaque(${at}, ${access}, ${length}, ${place});` }],
    get: (at) => `r.getOpaque(${at(0)}, ${length}, ${place})`,
  };
}

function structSlot(
  scope: Scope,
  access: string,
  struct: Extract<Extract<Type, { kind: "ref" }>["to"], { kind: "struct" }>,
): RunSlot | undefined {
  const leaves: Leaf[] = [];
  const gets: ((at: (index: number) => string) => string)[] = [];
  const { type: typeName } = scope.typeNames(struct);
  for (const field of struct.fields) {
    const name = scope.names.fields.get(field) ?? field.name;
    const inner = runSlot(scope, { access: `${access}.${name}`, type: field.type, place: `${typeName}.${name}` });
    if (inner === undefined || leaves.length + inner.leaves.length > MAX_INLINED_LEAVES) return undefined;
    const first = leaves.length;
    leaves.push(...inner.leaves);
    gets.push((at) =>
      property(
        name,
        inner.get((index) => at(first + index)),
      ),
    );
  }
  return { leaves, get: (at) => `{ ${gets.map((get) => get(at)).join(", ")} }` };
}
