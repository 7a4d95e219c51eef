/**
 * The trees of the texts that are laid out here: as much as the layout depends on. `flat` is a node in one line, undefined
 * where something in it always breaks.
 */

interface Flat {
  readonly flat: string | undefined;
}

/** A type that never breaks: a keyword, a literal, a query, an access by index. */
export interface TypeWord {
  readonly kind: "word";
  readonly flat: string;
  readonly isKeyword: boolean;
}

export interface TypeReference extends Flat {
  readonly kind: "reference";
  readonly name: string;
  readonly args: readonly Type[];
}

export interface ArrayType extends Flat {
  readonly kind: "array";
  readonly element: Type;
}

export interface TupleType extends Flat {
  readonly kind: "tuple";
  readonly isReadonly: boolean;
  readonly elements: readonly Type[];
}

export interface UnionType extends Flat {
  readonly kind: "union";
  readonly types: readonly Type[];
}

export interface ObjectType extends Flat {
  readonly kind: "object";
  readonly members: readonly TypeMember[];
  /** A new line follows the brace. */
  readonly isBroken: boolean;
}

export type Type = TypeWord | TypeReference | ArrayType | TupleType | UnionType | ObjectType;

/** A property, or with parameters a method. */
export interface TypeMember extends Flat {
  readonly comments: readonly string[];
  readonly blank: boolean;
  /** With `readonly` and `?`. */
  readonly head: string;
  readonly parameters: readonly Parameter[] | undefined;
  readonly type: Type;
}

export interface Parameter extends Flat {
  /** With `?`. */
  readonly name: string;
  /** It takes values apart. */
  readonly isPattern: boolean;
  readonly type: Type | undefined;
}

/** An expression that never breaks. */
export interface Word {
  readonly kind: "name" | "this" | "number" | "bigint" | "string" | "constant" | "template" | "member" | "update";
  readonly flat: string;
}

export interface Call extends Flat {
  readonly kind: "call";
  readonly callee: Word;
  readonly isNew: boolean;
  readonly args: readonly Expression[];
}

export interface Prefix extends Flat {
  readonly kind: "prefix";
  readonly operator: "-" | "!" | "void " | "await ";
  readonly argument: Expression;
}

export interface Binary extends Flat {
  readonly kind: "binary";
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Cast extends Flat {
  readonly kind: "cast";
  readonly value: Word;
  readonly type: Type;
}

export interface Conditional extends Flat {
  readonly kind: "conditional";
  readonly test: Expression;
  readonly yes: Expression;
  readonly no: Expression;
}

export interface Assignment extends Flat {
  readonly kind: "assignment";
  readonly left: Word;
  readonly operator: string;
  readonly right: Expression;
}

export interface ObjectLiteral extends Flat {
  readonly kind: "object";
  readonly members: readonly ObjectMember[];
  /** A new line follows the brace. */
  readonly isBroken: boolean;
}

export type ObjectMember = PropertyMember | MethodMember;

export interface PropertyMember extends Flat {
  readonly kind: "property";
  readonly key: string;
  /** Undefined where the key names it, too. */
  readonly value: Expression | undefined;
}

export interface MethodMember extends Flat {
  readonly kind: "method";
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Block;
}

export interface ArrayLiteral extends Flat {
  readonly kind: "array";
  readonly elements: readonly Expression[];
}

export interface Arrow extends Flat {
  readonly kind: "arrow";
  readonly parameters: readonly Parameter[];
  readonly body: Expression | Block;
}

export type Expression =
  Word | Call | Prefix | Binary | Cast | Conditional | Assignment | ObjectLiteral | ArrayLiteral | Arrow;

export interface Block extends Flat {
  readonly kind: "block";
  readonly statements: readonly Statement[];
}

interface StatementBase extends Flat {
  /** An empty line is before it. */
  readonly blank: boolean;
}

export interface CommentStatement extends StatementBase {
  readonly kind: "comment";
  readonly text: string;
}

export interface ExpressionStatement extends StatementBase {
  readonly kind: "expression";
  readonly expression: Expression;
}

export interface VariableStatement extends StatementBase {
  readonly kind: "variable";
  /** `export const`, `let`, … */
  readonly head: string;
  readonly name: string;
  readonly type: Type | undefined;
  readonly value: Expression | undefined;
}

export interface ReturnStatement extends StatementBase {
  readonly kind: "return";
  readonly value: Expression | undefined;
}

/** A statement that is what it is: `break;`. */
export interface FixedStatement extends StatementBase {
  readonly kind: "fixed";
  readonly flat: string;
}

export interface IfStatement extends StatementBase {
  readonly kind: "if";
  readonly test: Expression;
  readonly then: Statement;
  readonly otherwise: Statement | undefined;
}

export interface ForStatement extends StatementBase {
  readonly kind: "for";
  readonly initial: VariableStatement;
  readonly test: Expression | undefined;
  readonly update: Expression | undefined;
  readonly body: Statement;
}

export interface ForOfStatement extends StatementBase {
  readonly kind: "for-of";
  /** The name behind `const`, or a pattern. */
  readonly variable: string;
  readonly of: Expression;
  readonly body: Statement;
}

export interface SwitchStatement extends StatementBase {
  readonly kind: "switch";
  readonly value: Expression;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly blank: boolean;
  /** `case 1:` */
  readonly label: string;
  /** With its `//`. */
  readonly comment: string | undefined;
  readonly statements: readonly Statement[];
}

export interface BlockStatement extends StatementBase {
  readonly kind: "block-statement";
  readonly block: Block;
}

export interface NamesStatement extends StatementBase {
  readonly kind: "names";
  /** `import type` */
  readonly head: string;
  readonly names: readonly string[];
  /** What follows the names: ` from "tsrpcgen/xdr";` */
  readonly tail: string;
}

export interface AliasStatement extends StatementBase {
  readonly kind: "alias";
  readonly head: string;
  readonly type: Type;
}

export interface InterfaceStatement extends StatementBase {
  readonly kind: "interface";
  readonly head: string;
  readonly members: readonly TypeMember[];
}

export interface FunctionStatement extends StatementBase {
  readonly kind: "function";
  readonly signature: Signature;
}

export interface ClassStatement extends StatementBase {
  readonly kind: "class";
  readonly head: string;
  readonly members: readonly ClassMember[];
}

export interface ClassMember {
  readonly comments: readonly string[];
  readonly blank: boolean;
  readonly signature: Signature;
}

export interface Signature {
  /** `export function name` */
  readonly head: string;
  readonly parameters: readonly Parameter[];
  /** A type, perhaps behind `value is `. */
  readonly returnsHead: string;
  readonly returns: Type;
  readonly body: Block;
}

export type Statement =
  | CommentStatement
  | ExpressionStatement
  | VariableStatement
  | ReturnStatement
  | FixedStatement
  | IfStatement
  | ForStatement
  | ForOfStatement
  | SwitchStatement
  | BlockStatement
  | NamesStatement
  | AliasStatement
  | InterfaceStatement
  | FunctionStatement
  | ClassStatement;
