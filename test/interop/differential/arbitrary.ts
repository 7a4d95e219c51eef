/** Random values of any type of a model, as the generated codecs take and give them. */
import fc from "fast-check";
import type {
  Discriminant,
  EnumDefinition,
  Field,
  Model,
  ReferencedType,
  PrimitiveName,
  StructDefinition,
  Type,
  TypeDefinition,
  UnionDefinition,
} from "../../../src/codegen/model.ts";
import type { ArrayStyle, HyperStyle } from "../../../src/codegen/emit/options.ts";
import { resolveAlias } from "../../../src/codegen/model-facts.ts";
import type { Names } from "../../../src/codegen/names.ts";
import { heightsOf, type Heights } from "./heights.ts";

export interface ArbitraryOptions {
  /** Types that hold themselves go this many levels down at most. Default 4. A list's length does not count. */
  readonly maxDepth?: number;
  /** Elements of an array without a lower bound of its own, and nodes of a list, at most. Default 6. */
  readonly maxElements?: number;
  /** Bytes of strings and opaques, at most, where the declaration has no lower bound. Default 40. */
  readonly maxBytes?: number;
  /** U+0000 in strings. Default false: C's strings end there. */
  readonly nul?: boolean;
  /** As the generator's option of the name. */
  readonly hyper?: HyperStyle;
  /** As the generator's option of the name. */
  readonly arrays?: ArrayStyle;
}

/** An arbitrary for each type. */
export type Arbitraries = (type: Type) => fc.Arbitrary<unknown>;

/** Arbitraries for the types of a model. They know no definitions but the model's own. */
export function arbitrariesOf(model: Model, names: Names, options: ArbitraryOptions = {}): Arbitraries {
  const values = new Values(names, heightsOf(model), options);
  return (type) => values.of(type, values.maxDepth);
}

const INTEGERS = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
} as const satisfies Partial<Record<PrimitiveName, readonly [number, number]>>;

/** Declared bounds up to these are reached; beyond them, the options' sizes hold. */
const MAX_BOUND_OF_BYTES = 512;
const MAX_BOUND_OF_ELEMENTS = 16;

/** Elements of an array of a type that holds itself: their number grows by the power of the depth. */
const MAX_BRANCHES = 2;

/**
 * Each method takes the levels that are left. At none, what can be left out is, and of a union's arms only the lowest are
 * taken, so that each step comes nearer to the end.
 */
class Values {
  readonly maxDepth: number;
  readonly #names: Names;
  readonly #height: Heights;
  readonly #maxElements: number;
  readonly #maxBytes: number;
  readonly #nul: boolean;
  readonly #hyper: HyperStyle;
  readonly #arrays: ArrayStyle;
  /** By definition and depth: without it, types that hold the one before twice would take exponential time. */
  readonly #known = new Map<TypeDefinition, fc.Arbitrary<unknown>[]>();

  constructor(names: Names, height: Heights, options: ArbitraryOptions) {
    this.#names = names;
    this.#height = height;
    this.maxDepth = options.maxDepth ?? 4;
    this.#maxElements = options.maxElements ?? 6;
    this.#maxBytes = options.maxBytes ?? 40;
    this.#nul = options.nul ?? false;
    this.#hyper = options.hyper ?? "bigint";
    this.#arrays = options.arrays ?? "plain";
  }

  of(type: Type, depth: number): fc.Arbitrary<unknown> {
    switch (type.kind) {
      case "primitive":
        return primitive(type.name, this.#hyper);
      case "string":
        return this.#string(type.max);
      case "opaque": {
        const max = bound(type.max, this.#maxBytes, MAX_BOUND_OF_BYTES);
        return oftenFull(max, (minLength) => fc.uint8Array({ minLength, maxLength: max, size: "max" }));
      }
      case "fixed-opaque":
        return fc.uint8Array({ minLength: type.length, maxLength: type.length, size: "max" });
      case "fixed-array":
        return this.#array(type.element, type.length, type.length, depth);
      case "array": {
        if (depth <= 0 && canHoldItself(type.element)) return fc.constant([]);
        const usual = canHoldItself(type.element) ? Math.min(this.#maxElements, MAX_BRANCHES) : this.#maxElements;
        const max = bound(type.max, usual, MAX_BOUND_OF_ELEMENTS);
        return oftenFull(max, (minLength) => this.#array(type.element, minLength, max, depth));
      }
      case "optional":
        if (depth <= 0 && canHoldItself(type.element)) return fc.constant(null);
        return fc.option(this.of(type.element, depth), { freq: 3 });
      case "ref":
        return this.#definition(type.to, depth);
    }
  }

  #definition(definition: ReferencedType, depth: number): fc.Arbitrary<unknown> {
    if (definition.kind === "external") throw new Error(`the values of ${definition.name} are known elsewhere`);
    const byDepth = this.#known.get(definition) ?? [];
    this.#known.set(definition, byDepth);
    return (byDepth[depth] ??= this.#content(definition, depth));
  }

  #content(definition: TypeDefinition, depth: number): fc.Arbitrary<unknown> {
    switch (definition.kind) {
      case "enum":
        return member(definition);
      case "typedef":
        return this.of(definition.type, depth);
      case "struct":
        return this.#struct(definition, definition.recursive ? Math.max(0, depth - 1) : depth);
      case "union":
        return this.#union(definition, depth);
    }
  }

  #struct(struct: StructDefinition, depth: number): fc.Arbitrary<unknown> {
    const { listField } = struct;
    const fields = struct.fields.filter((field) => field !== listField);
    const node = record(fields.map((field) => [this.#name(field), this.of(field.type, depth)]));
    if (listField === undefined) return node;
    const next = this.#name(listField);
    return fc
      .array(node, { minLength: 1, maxLength: Math.max(1, this.#maxElements), size: "max" })
      .map((nodes) => nodes.reduceRight<object | null>((rest, each) => ({ ...each, [next]: rest }), null));
  }

  #union(union: UnionDefinition, depth: number): fc.Arbitrary<unknown> {
    const { discriminant, defaultArm } = union;
    const { base } = discriminant;
    const listed = union.arms.flatMap(({ labels }) => labels.map(({ value }) => value));
    const arms = [
      ...union.arms.map(({ labels, field }) => ({
        value: fc.constantFrom(...labels.map(({ value }) => (base === "bool" ? value !== 0 : this.#number(value)))),
        field,
      })),
      ...(defaultArm === undefined ? [] : [{ value: unlisted(base, listed, this.#hyper), field: defaultArm.field }]),
    ];
    const heightOf = (field: Field | undefined): number => (field === undefined ? 0 : this.#height(field.type));
    const lowest = Math.min(...arms.map(({ field }) => heightOf(field)));
    const taken = depth > 0 || !union.recursive ? arms : arms.filter(({ field }) => heightOf(field) === lowest);
    const left = union.recursive ? Math.max(0, depth - 1) : depth;
    const name = this.#names.discriminants.get(union) ?? discriminant.name;
    return fc.oneof(
      ...taken.map(({ value, field }) =>
        record([[name, value], ...(field ? [[this.#name(field), this.of(field.type, left)] as const] : [])]),
      ),
    );
  }

  #array(element: Type, minLength: number, maxLength: number, depth: number): fc.Arbitrary<unknown> {
    const list = fc.array(this.of(element, depth), { minLength, maxLength, size: "max" });
    const behind = resolveAlias(element);
    if (this.#arrays === "plain" || behind.kind !== "primitive") return list;
    switch (behind.name) {
      case "int32":
        return list.map((items) => Int32Array.from(items as number[]));
      case "uint32":
        return list.map((items) => Uint32Array.from(items as number[]));
      case "float":
        return list.map((items) => Float32Array.from(items as number[]));
      case "double":
        return list.map((items) => Float64Array.from(items as number[]));
      case "int64":
        return this.#hyper === "number" ? list : list.map((items) => BigInt64Array.from(items as bigint[]));
      case "uint64":
        return this.#hyper === "number" ? list : list.map((items) => BigUint64Array.from(items as bigint[]));
      default:
        return list;
    }
  }

  /** Bounds are in bytes. */
  #string(declared: number | undefined): fc.Arbitrary<string> {
    const max = bound(declared, this.#maxBytes, MAX_BOUND_OF_BYTES);
    const allowed = (text: string): string => (this.#nul ? text : text.replaceAll("\0", "0"));
    return fc.oneof(
      oftenFull(max, (minLength) => fc.string({ unit: "binary-ascii", minLength, maxLength: max, size: "max" })).map(
        allowed,
      ),
      fc.string({ unit: "binary", maxLength: max, size: "max" }).map((text) => allowed(clipped(text, max))),
    );
  }

  #number(value: number | bigint): number | bigint {
    return this.#hyper === "number" ? Number(value) : value;
  }

  #name(field: Field): string {
    return this.#names.fields.get(field) ?? field.name;
  }
}

/** Plain objects, as codecs give them: strict comparison looks at prototypes, too. */
function record(fields: readonly (readonly [string, fc.Arbitrary<unknown>])[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

function primitive(name: PrimitiveName, hyper: HyperStyle): fc.Arbitrary<unknown> {
  switch (name) {
    case "void":
      return fc.constant(undefined);
    case "bool":
      return fc.boolean();
    case "int64":
      if (hyper === "number") return fc.maxSafeInteger().map(positiveZero);
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "uint64":
      if (hyper === "number") return fc.maxSafeNat();
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    // Not a number is one value in JavaScript, and has one form on the wire.
    case "float":
      return fc.float();
    case "double":
      return fc.double();
    case "quadruple":
      return fc.uint8Array({ minLength: 16, maxLength: 16 });
    default: {
      const [min, max] = INTEGERS[name];
      return fc.integer({ min, max });
    }
  }
}

/** Integers have one zero. */
function positiveZero(value: number): number {
  return value === 0 ? 0 : value;
}

function member({ members }: EnumDefinition): fc.Arbitrary<number> {
  return fc.constantFrom(...members.map(({ value }) => value));
}

/** Discriminants that go to the default arm. */
function unlisted(
  base: Discriminant["base"],
  listed: readonly (number | bigint)[],
  hyper: HyperStyle,
): fc.Arbitrary<number | bigint | boolean> {
  const isFree = (value: number | bigint): boolean => !listed.includes(value);
  if (base === "bool") return fc.constantFrom(...[0, 1].filter(isFree).map((value) => value !== 0));
  if (typeof base === "object") return fc.constantFrom(...base.members.map(({ value }) => value).filter(isFree));
  if (hyper === "number" && (base === "int64" || base === "uint64")) {
    return fc.maxSafeNat().filter((value) => isFree(BigInt(value)));
  }
  if (base === "int64") return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).filter(isFree);
  if (base === "uint64") return fc.bigInt(0n, 2n ** 64n - 1n).filter(isFree);
  const [min, max] = INTEGERS[base];
  return fc.integer({ min, max }).filter(isFree);
}

/** Whether a value of the type can hold others of a definition that it holds; the rest of a list does not count. */
function canHoldItself(type: Type): boolean {
  switch (type.kind) {
    case "ref":
      if (type.to.kind === "typedef") return canHoldItself(type.to.type);
      return type.to.kind !== "enum" && type.to.kind !== "external" && type.to.recursive;
    case "array":
    case "fixed-array":
    case "optional":
      return canHoldItself(type.element);
    default:
      return false;
  }
}

function bound(declared: number | undefined, usual: number, reached: number): number {
  return declared !== undefined && declared <= reached ? declared : Math.min(declared ?? usual, usual);
}

/** One in five is as long as it may be. */
function oftenFull<T>(max: number, from: (minLength: number) => fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 4, arbitrary: from(0) }, { weight: 1, arbitrary: from(max) });
}

/** The text's start, of whole code points, that takes at most `max` bytes. */
function clipped(text: string, max: number): string {
  let bytes = 0;
  let kept = "";
  for (const point of text) {
    bytes += Buffer.byteLength(point);
    if (bytes > max) break;
    kept += point;
  }
  return kept;
}
