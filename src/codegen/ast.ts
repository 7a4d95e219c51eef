/**
 * The syntax tree of one `.x` file: what the text says, before any name is looked up. Only definitions without a syntax
 * error have a node of their own kind; the others are {@link BrokenNode}s.
 */
/** A stretch of the source: offsets in UTF-16 code units, `end` behind the last one. */
export interface Span {
  /** Path of the file that it lies in, which is an included one's where it comes from there. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** The text comes from this macro, which is used at this place. */
  readonly macro?: MacroUse;
}

export interface MacroUse {
  readonly name: string;
  /** Where the macro is defined; undefined where that is the command line. */
  readonly span: Span | undefined;
}

interface NodeBase {
  readonly span: Span;
}

export interface Specification extends NodeBase {
  readonly kind: "specification";
  readonly definitions: readonly DefinitionNode[];
  /** `%` lines, in the order of the source. */
  readonly passthroughs: readonly PassthroughNode[];
}

/** A `%` line: text for the output. */
export interface PassthroughNode extends NodeBase {
  readonly kind: "passthrough";
  /** Without the `%`. */
  readonly text: string;
  /** The definition that it stands before, or in; undefined behind the last one. */
  readonly before: DefinitionNode | undefined;
}

export type DefinitionNode = ConstantNode | TypeNode | TypedefNode | ProgramNode | BrokenNode;
export type AstNode =
  | Specification
  | DefinitionNode
  | TypeSpecifier
  | DeclarationNode
  | EnumeratorNode
  | CaseNode
  | DefaultNode
  | VersionNode
  | ProcedureNode
  | ProcedureType
  | Value
  | TextNode
  | PassthroughNode
  | Name;

/** A name where it is declared or used. */
export interface Name extends NodeBase {
  readonly kind: "name";
  /** The last of the names where several are joined by `::`, as in xdrpp. */
  readonly text: string;
  /** The one before it, which tells enumerators of one name apart where it is their enum's. */
  readonly qualifier?: string;
}

export type Value = NumberNode | Name;

export interface NumberNode extends NodeBase {
  readonly kind: "number";
  /** A character's is its code. Undefined where the text is no number, or one beyond 64 bits that is no constant's; that has been reported. */
  readonly value: bigint | undefined;
  readonly text: string;
}

/** A string constant: a number can't be made of it. */
export interface TextNode extends NodeBase {
  readonly kind: "text";
  /** Without its quotes, and with its escape sequences resolved. */
  readonly value: string;
}

interface Documented extends NodeBase {
  /** Text of the comment that belongs to the node, without its marks; undefined where there is none. */
  readonly doc: string | undefined;
}

interface DefinitionNodeBase extends Documented {
  readonly name: Name;
  /** It stands in a `namespace`. All of those are one scope, but enumerators may share a name there. */
  readonly inNamespace?: true;
  /** The declaration as it stands in the `.x`, dedented. */
  readonly source: string;
}

/** A definition with a syntax error, which has been reported. Its name is known to the scope, so that its users are not blamed. */
export interface BrokenNode extends NodeBase {
  readonly kind: "broken";
  readonly name: Name | undefined;
}

export interface ConstantNode extends DefinitionNodeBase {
  readonly kind: "const";
  readonly value: Value | TextNode;
}

/** `enum name {…};`, `struct name {…};`, `union name …;` */
export interface TypeNode extends DefinitionNodeBase {
  readonly kind: "type";
  readonly body: Body;
}

export interface TypedefNode extends DefinitionNodeBase {
  readonly kind: "typedef";
  readonly declaration: DeclarationNode;
}

/** The part of an enum, struct or union that stands between its braces: the same with a name and without. */
export type Body = EnumBody | StructBody | UnionBody;

export interface EnumBody extends NodeBase {
  readonly kind: "enum";
  readonly members: readonly EnumeratorNode[];
}

export interface EnumeratorNode extends Documented {
  readonly kind: "enumerator";
  readonly name: Name;
  /** Undefined: the previous member's value plus 1, or 0. */
  readonly value: Value | undefined;
}

export interface StructBody extends NodeBase {
  readonly kind: "struct";
  readonly fields: readonly DeclarationNode[];
}

export interface UnionBody extends NodeBase {
  readonly kind: "union";
  readonly discriminant: DeclarationNode;
  readonly cases: readonly CaseNode[];
  readonly default: DefaultNode | undefined;
  /** Further ones, which are mistakes. */
  readonly surplusDefaults: readonly DefaultNode[];
}

export interface CaseNode extends NodeBase {
  readonly kind: "case";
  readonly labels: readonly Value[];
  readonly declaration: DeclarationNode;
}

export interface DefaultNode extends NodeBase {
  readonly kind: "default";
  readonly declaration: DeclarationNode;
}

/** The brackets behind the name. */
export type Shape =
  | { readonly kind: "plain" }
  | { readonly kind: "fixed"; readonly size: Value; readonly span: Span }
  | { readonly kind: "variable"; readonly size: Value | undefined; readonly span: Span };

/** A field, an arm, a discriminant, a typedef. */
export interface DeclarationNode extends Documented {
  readonly kind: "declaration";
  readonly type: TypeSpecifier;
  /** The `*` before the name. */
  readonly star: Span | undefined;
  readonly shape: Shape;
  /** Undefined for `void` alone. */
  readonly name: Name | undefined;
  /** The declaration as it stands in the `.x`, dedented. */
  readonly source: string;
}

export type TypeSpecifier = PrimitiveSpecifier | WordSpecifier | ReferenceSpecifier | Body;

export interface PrimitiveSpecifier extends NodeBase {
  readonly kind: "primitive";
  readonly name: PrimitiveName;
  /** Spelled `long long`, which C rpcgen does not take. */
  readonly isLongLong?: true;
}

/** Types that need no definition, by their size and sign. */
export type PrimitiveName =
  | "void"
  | "int8" // C's char: four bytes on the wire, as the three that follow
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool"
  | "float"
  | "double"
  | "quadruple";

/** The words that are a type only with what follows the name. */
export interface WordSpecifier extends NodeBase {
  readonly kind: "string" | "opaque";
}

/** `foo`, `struct foo`, `enum foo`, `union foo` */
export interface ReferenceSpecifier extends NodeBase {
  readonly kind: "reference";
  readonly keyword: "struct" | "enum" | "union" | undefined;
  readonly name: Name;
}

export interface ProgramNode extends DefinitionNodeBase {
  readonly kind: "program";
  readonly number: Value;
  readonly versions: readonly VersionNode[];
}

export interface VersionNode extends Documented {
  readonly kind: "version";
  readonly name: Name;
  readonly number: Value;
  readonly procedures: readonly ProcedureNode[];
}

export interface ProcedureNode extends Documented {
  readonly kind: "procedure";
  readonly name: Name;
  readonly number: Value;
  readonly result: ProcedureType;
  /** `void` alone, or nothing, means none. */
  readonly args: readonly ProcedureType[];
  /** The declaration as it stands in the `.x`, dedented. */
  readonly source: string;
}

export interface ProcedureType extends NodeBase {
  readonly kind: "procedure-type";
  readonly type: TypeSpecifier;
  /** The `*` behind the type. */
  readonly star: Span | undefined;
  /** Undefined for a result, and for an argument without one. */
  readonly name: Name | undefined;
  /** `plain`, or `variable` as in `string<10>`. */
  readonly shape: Shape;
}
