/** The scope of a file: which definition a name means. RFC 4506 section 6.4 (3): types and constants share one name space. */
import type * as ast from "./ast.ts";
import { bodiesOf, isBody, isSelfAlias } from "./ast-walk.ts";
import type { Report } from "./diagnostics.ts";
import type { ExternalScope, ExternalType } from "./externals.ts";
import { MAX_NESTING, MAX_SUGGESTIONS } from "./limits.ts";
import { Namesakes } from "./namesakes.ts";
import type { Header } from "./preprocess/preprocess.ts";
import { SharedEnumerators } from "./shared-enumerators.ts";
import { nearest } from "./suggest.ts";

/** What a name is that the file defines. */
export type ScopeEntry = ConstantEntry | EnumeratorEntry | TypeEntry | ProgramEntry | BrokenEntry;
/** What a name is that it need not define. */
export type OuterEntry =
  | { readonly kind: "external-type"; readonly type: ExternalType }
  | { readonly kind: "built-in"; readonly type: BuiltInType };

export interface ConstantEntry {
  readonly kind: "constant";
  readonly name: ast.Name;
  readonly node: ast.ConstantNode | ast.EnumeratorNode;
}

/** An enumerator, with what tells it from others of its name. */
export interface EnumeratorEntry extends ConstantEntry {
  readonly node: ast.EnumeratorNode;
  readonly body: ast.EnumBody;
  /** Place among the members of its enum. */
  readonly at: number;
  /** The definition that the enum is, or stands in. */
  readonly definition: ast.DefinitionNode;
}

export interface TypeEntry {
  readonly kind: "type";
  readonly name: ast.Name;
  readonly node: ast.TypeNode | ast.TypedefNode;
}

interface ProgramEntry {
  readonly kind: "program";
  readonly name: ast.Name;
}

/** A definition with a syntax error: nothing is known but its name. */
interface BrokenEntry {
  readonly kind: "broken";
  readonly name: ast.Name;
}

/** Names that every file knows; its own definitions hide them: RFC 4506 section 4.4, and what <rpc/rpc.h> has. */
export const builtInConstants: ReadonlyMap<string, bigint> = new Map([
  ["FALSE", 0n],
  ["TRUE", 1n],
  // C++'s, in the files of sfs's rpcc and of xdrpp.
  ["false", 0n],
  ["true", 1n],
  ["AUTH_NONE", 0n],
  ["AUTH_SYS", 1n],
  ["AUTH_UNIX", 1n],
  ["AUTH_SHORT", 2n],
  ["AUTH_DH", 3n],
  ["AUTH_DES", 3n],
  ["RPCSEC_GSS", 6n],
  ["MAXNETNAMELEN", 255n],
  ["MAX_AUTH_BYTES", 400n],
  ["MAX_MACHINE_NAME", 255n],
  ["MAX_NETOBJ_SZ", 1024n],
  ["NGRPS", 16n],
]);

/** A primitive, or what libtirpc calls `netobj` and `des_block`: opaque data, of at most 1024 bytes and of 8 bytes. */
export type BuiltInType = ast.PrimitiveName | "netobj" | "des_block";

/** Types that C's headers declare, with codecs in libtirpc: rpcgen takes their names. A typedef of the file hides them. */
export const builtInTypes: ReadonlyMap<string, BuiltInType> = new Map<string, BuiltInType>([
  ["bool_t", "bool"],
  ["des_block", "des_block"],
  ["int8_t", "int8"],
  ["int16_t", "int16"],
  ["int32_t", "int32"],
  ["int64_t", "int64"],
  ["longlong_t", "int64"],
  ["netobj", "netobj"],
  ["quad_t", "int64"],
  ["rpcport_t", "uint32"],
  ["rpcproc_t", "uint32"],
  ["rpcprog_t", "uint32"],
  ["rpcprot_t", "uint32"],
  ["rpcvers_t", "uint32"],
  ["u_char", "uint8"],
  ["u_hyper", "uint64"],
  ["u_int", "uint32"],
  ["u_int8_t", "uint8"],
  ["u_int16_t", "uint16"],
  ["u_int32_t", "uint32"],
  ["u_int64_t", "uint64"],
  ["u_long", "uint32"],
  ["u_longlong_t", "uint64"],
  ["u_quad_t", "uint64"],
  ["u_short", "uint16"],
  ["uint8_t", "uint8"],
  ["uint16_t", "uint16"],
  ["uint32_t", "uint32"],
  ["uint64_t", "uint64"],
]);

/** What surrounds a file's own definitions. */
export interface ScopeContext {
  /** Some definition could not be read: a name that is not known may stand in it. */
  readonly incomplete: boolean;
  readonly externals: ExternalScope;
  /** C headers that are included, and not read. */
  readonly headers: readonly Header[];
}

/** A program, version or procedure as the constant that rpcgen makes of its number. */
export interface NumberedNode {
  readonly kind: "numbered";
  readonly name: ast.Name;
  readonly value: ast.Value;
}

export class Scope {
  readonly #entries = new Map<string, ScopeEntry>();
  readonly #numbered = new Map<string, NumberedNode>();
  readonly #namesakes = new Map<string, Namesakes>();
  readonly incomplete: boolean;
  readonly headers: readonly Header[];
  readonly #externals: ExternalScope;
  #suggestions = 0;

  constructor({ incomplete, externals, headers }: ScopeContext) {
    this.incomplete = incomplete;
    this.headers = headers;
    this.#externals = externals;
  }

  find(name: string): ScopeEntry | undefined {
    return this.#entries.get(name);
  }

  /** Enumerators of several enums that share a name; undefined where one enum at most has it. */
  namesakes(name: string): Namesakes | undefined {
    return this.#namesakes.get(name);
  }

  declareNamesake(first: EnumeratorEntry, entry: EnumeratorEntry): void {
    const known = this.#namesakes.get(entry.name.text) ?? new Namesakes(first);
    this.#namesakes.set(entry.name.text, known);
    known.add(entry);
  }

  /** A type that the file does not define. */
  findOuter(name: string): OuterEntry | undefined {
    const external = this.#externals.type(name);
    if (external) return { kind: "external-type", type: external };
    const builtIn = builtInTypes.get(name);
    return builtIn && { kind: "built-in", type: builtIn };
  }

  /** The `%` line that declares a type to C alone. */
  declaredForC(name: string): ast.PassthroughNode | undefined {
    return this.#externals.declaredForC(name);
  }

  /** A program's, version's or procedure's name where a constant is asked for; of several the first, as in C. */
  findNumbered(name: string): NumberedNode | undefined {
    return this.#numbered.get(name);
  }

  declareNumbered({ name, number }: { readonly name: ast.Name; readonly number: ast.Value }): void {
    if (!this.#numbered.has(name.text)) this.#numbered.set(name.text, { kind: "numbered", name, value: number });
  }

  /** The value of a constant that the file does not define. */
  outerConstant(name: string): bigint | undefined {
    return this.#externals.constant(name) ?? builtInConstants.get(name);
  }

  declare(entry: ScopeEntry): void {
    this.#entries.set(entry.name.text, entry);
  }

  entries(): IterableIterator<ScopeEntry> {
    return this.#entries.values();
  }

  /** A known name of the wanted kind that resembles `name`, among `others` too. */
  suggest(name: string, kind: "constant" | "type", others: Iterable<string>): string | undefined {
    this.#suggestions += 1;
    if (this.#suggestions > MAX_SUGGESTIONS) return undefined;
    const known = [...this.#entries.values()].filter((entry) => entry.kind === kind).map((entry) => entry.name.text);
    return nearest(name, [...known, ...others]);
  }
}

/** Declares every name of the file, and reports those that are declared twice. */
export function buildScope(specification: ast.Specification, context: ScopeContext, report: Report): Scope {
  const scope = new Scope(context);
  const shared = new SharedEnumerators(scope, report);
  const declare = (entry: ScopeEntry, what: string): void => {
    const first = scope.find(entry.name.text);
    if (!first) {
      scope.declare(entry);
      return;
    }
    if ("body" in first && "body" in entry) {
      scope.declareNamesake(first, entry);
      shared.add(first, entry);
      return;
    }
    // What stands in a definition that could not be read is not known well enough to blame another.
    if (first.kind === "broken" || entry.kind === "broken") return;
    report("duplicate-definition", entry.name.span, `${what} '${entry.name.text}' is defined twice`, {
      notes: [{ message: "first defined here", span: first.name.span }],
      hint: "types, constants, enumerators and programs share one name space (RFC 4506, section 6.4)",
    });
  };
  for (const definition of specification.definitions) {
    for (const body of bodiesOf(definition)) declareMembers(body, definition, declare, report);
    shared.tell();
    const { name } = definition;
    if (name === undefined || name.text === "") continue;
    switch (definition.kind) {
      case "const":
        declare({ kind: "constant", name: definition.name, node: definition }, "constant");
        break;
      case "type":
        declare({ kind: "type", name: definition.name, node: definition }, definition.body.kind);
        break;
      case "typedef":
        if (!isSelfAlias(definition)) declare({ kind: "type", name: definition.name, node: definition }, "type");
        break;
      case "program":
        declare({ kind: "program", name: definition.name }, "program");
        declareNumbers(scope, definition);
        break;
      case "broken":
        declare({ kind: "broken", name }, "definition");
    }
  }
  return scope;
}

function declareNumbers(scope: Scope, program: ast.ProgramNode): void {
  scope.declareNumbered(program);
  for (const version of program.versions) {
    scope.declareNumbered(version);
    for (const procedure of version.procedures) scope.declareNumbered(procedure);
  }
}

function declareMembers(
  body: ast.Body,
  definition: ast.DefinitionNode,
  declare: (entry: ScopeEntry, what: string) => void,
  report: Report,
): void {
  if (body.kind !== "enum") return;
  const own = new Map<string, ast.Name>();
  for (const [at, member] of body.members.entries()) {
    const first = own.get(member.name.text);
    if (first) {
      const notes = [{ message: "first listed here", span: first.span }];
      report("duplicate-member", member.name.span, `the enum lists '${member.name.text}' twice`, { notes });
      continue;
    }
    own.set(member.name.text, member.name);
    declare({ kind: "constant", name: member.name, node: member, body, at, definition }, "enumerator");
  }
}

/** What a type is behind typedefs that add nothing; undefined where it is unknown or goes in a circle. */
export type Underlying =
  | { readonly kind: "primitive"; readonly name: ast.PrimitiveName }
  | ast.Body
  | { readonly kind: "other"; readonly title: string }
  | undefined;

/** Follows plain typedefs from `type`; chains longer than MAX_NESTING are an error of their own. */
export function underlying(scope: Scope, type: ast.TypeSpecifier): Underlying {
  let current = type;
  for (let steps = 0; steps <= MAX_NESTING; steps += 1) {
    if (current.kind === "primitive" || isBody(current)) return current;
    if (current.kind !== "reference") return { kind: "other", title: `'${current.kind}'` };
    const entry = scope.find(current.name.text) ?? scope.findOuter(current.name.text);
    if (entry?.kind === "built-in") {
      const { type } = entry;
      return type === "netobj" || type === "des_block"
        ? { kind: "other", title: `a ${type}` }
        : { kind: "primitive", name: type };
    }
    if (entry?.kind === "external-type") return { kind: "other", title: "an external type" };
    if (entry?.kind !== "type") return undefined;
    if (entry.node.kind === "type") return entry.node.body;
    const { star, shape, type: next } = entry.node.declaration;
    if (star) return { kind: "other", title: "a pointer" };
    if (shape.kind !== "plain") return { kind: "other", title: "an array" };
    current = next;
  }
  return undefined;
}
