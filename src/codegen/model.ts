/**
 * The resolved model of one `.x` file: what the emitters read. Every reference is bound, every constant is a number, and
 * anonymous nested types have become definitions of their own, in front of the definition that holds them.
 *
 * Names are those of the `.x`; what they become in TypeScript is `names.ts`'s business.
 */
import type { PrimitiveName, Span } from "./ast.ts";
import type { IntegerBase } from "./union-cases.ts";

/** A resolved `.x` file. */
export interface Model {
  /** The input's path, as given. */
  readonly file: string;
  /** In the order of the source, those of included files too; anonymous types stand before their holder. */
  readonly definitions: readonly Definition[];
  /** TypeScript for the modules: the `%ts` lines, those of included files too. */
  readonly scripts: readonly Script[];
}

/** Neighbouring `%ts` lines. */
export interface Script {
  readonly text: string;
  /** The definition that they stand before; undefined behind the last one. */
  readonly before: Definition | undefined;
  readonly span: Span;
}

export type Definition = ConstantDefinition | TypeDefinition | ProgramDefinition;
export type TypeDefinition = EnumDefinition | StructDefinition | UnionDefinition | TypedefDefinition;
/** What a reference leads to. */
export type ReferencedType = TypeDefinition | ExternalTypeDefinition;

interface DefinitionBase {
  /** The name in the `.x`; for an anonymous type the path's name, joined by `_` (`rpc_msg_body`). */
  readonly name: string;
  readonly span: Span;
  /** Text of the comment that belongs to the definition, without its marks; undefined where there is none. */
  readonly doc: string | undefined;
  /** The declaration as it stands in the `.x`, without the comment before it, dedented. */
  readonly source: string;
}

/** `const NAME = value;` */
export interface ConstantDefinition extends DefinitionBase {
  readonly kind: "const";
  /** A string's characters stand for bytes, or for what the file's UTF-8 says. */
  readonly value: bigint | string;
}

/** A type whose codec is not generated: from `--externals`, or declared in a `%ts` line. */
export interface ExternalTypeDefinition {
  readonly kind: "external";
  /** The name in the `.x`. */
  readonly name: string;
  /** Module specifier; undefined where a `%ts` line declares it. */
  readonly module: string | undefined;
  /** The `.x` file of that line; undefined where there is a specifier. */
  readonly file: string | undefined;
  /** Names in TypeScript. */
  readonly type: string;
  readonly codec: string;
  readonly minimumBytes: number;
}

/** RFC 4506 section 4.3. */
export interface EnumDefinition extends DefinitionBase {
  readonly kind: "enum";
  readonly members: readonly EnumMember[];
}

export interface EnumMember {
  readonly name: string;
  readonly value: number;
  readonly span: Span;
  readonly doc: string | undefined;
}

/** RFC 4506 section 4.14. */
export interface StructDefinition extends DefinitionBase {
  readonly kind: "struct";
  readonly fields: readonly Field[];
  /** Set where the last field is a pointer to this struct (also through a typedef): read and written in a loop. */
  readonly listField: Field | undefined;
  /** The type can hold itself otherwise than by `listField`: its codec counts depth. */
  readonly recursive: boolean;
}

export interface Field {
  readonly name: string;
  readonly type: Type;
  readonly span: Span;
  readonly doc: string | undefined;
}

/** RFC 4506 section 4.15. */
export interface UnionDefinition extends DefinitionBase {
  readonly kind: "union";
  readonly discriminant: Discriminant;
  readonly arms: readonly UnionArm[];
  /** Undefined where there is none, or where nothing can reach it (then a warning was given). */
  readonly defaultArm: { readonly field: Field | undefined; readonly span: Span } | undefined;
  readonly recursive: boolean;
}

export interface Discriminant {
  readonly name: string;
  /** The declared type: an integer, bool, or a reference (to an enum, or to a typedef of one of these). */
  readonly type: Type;
  /** What `type` comes to behind its typedefs. */
  readonly base: IntegerBase | "bool" | EnumDefinition;
  readonly span: Span;
}

export interface UnionArm {
  readonly labels: readonly UnionLabel[];
  /** Undefined for `void`. */
  readonly field: Field | undefined;
  readonly span: Span;
}

export interface UnionLabel {
  /** For bool: 0 or 1. A bigint over integers of 64 bits, else a number. */
  readonly value: number | bigint;
  /** The label as written. */
  readonly text: string;
  /** The enumerator that it names, where the discriminant is an enum. */
  readonly member: EnumMember | undefined;
}

/** `typedef declaration;`. RFC 4506 section 4.18. */
export interface TypedefDefinition extends DefinitionBase {
  readonly kind: "typedef";
  readonly type: Type;
  /** The type can hold itself (through a struct or union that is not a list): its codec counts nothing, the struct's does. */
  readonly recursive: boolean;
}

/** RFC 5531 section 12. One program with its versions. */
export interface ProgramDefinition extends DefinitionBase {
  readonly kind: "program";
  readonly number: number;
  readonly versions: readonly Version[];
}

export interface Version {
  readonly name: string;
  readonly number: number;
  readonly span: Span;
  readonly doc: string | undefined;
  readonly procedures: readonly Procedure[];
}

export interface Procedure {
  readonly name: string;
  readonly number: number;
  readonly span: Span;
  readonly doc: string | undefined;
  /** The declaration as it stands in the `.x`. */
  readonly source: string;
  /** Empty for `void`. */
  readonly args: readonly Argument[];
  /** `{ kind: "primitive", name: "void" }` for `void`. */
  readonly result: Type;
}

export interface Argument {
  /** The name in the `.x`; undefined where it has none. */
  readonly name: string | undefined;
  readonly type: Type;
  readonly span: Span;
}

export type { IntegerBase, PrimitiveName };

/** A type as used by a field, an element, an argument. An undefined `max` means 2^32 - 1. */
export type Type =
  | { readonly kind: "primitive"; readonly name: PrimitiveName }
  | { readonly kind: "string"; readonly max: number | undefined }
  | { readonly kind: "opaque"; readonly max: number | undefined }
  | { readonly kind: "fixed-opaque"; readonly length: number }
  | { readonly kind: "array"; readonly element: Type; readonly max: number | undefined }
  | { readonly kind: "fixed-array"; readonly element: Type; readonly length: number }
  | { readonly kind: "optional"; readonly element: Type }
  | { readonly kind: "ref"; readonly to: ReferencedType };
