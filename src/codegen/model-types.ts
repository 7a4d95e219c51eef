/** Builds the model's types: an empty shell for each definition first, and its content once all shells are there. */
import type * as ast from "./ast.ts";
import { isBody } from "./ast-walk.ts";
import type { Constants } from "./constants.ts";
import type * as model from "./model.ts";
import { namesItsBody } from "./path-names.ts";
import type { Scope, ScopeEntry } from "./resolve.ts";
import { coversAll, discriminantBase, memberOf } from "./union-cases.ts";

/** A definition while it is being built. */
export type Mutable<T> = T extends unknown ? { -readonly [K in keyof T]: T[K] } : never;

/** What all definitions have. */
interface Head {
  readonly name: string;
  readonly span: ast.Span;
  readonly doc: string | undefined;
  readonly source: string;
}

const VOID: model.Type = { kind: "primitive", name: "void" };
/** libtirpc's `xdr_netobj`: at most MAX_NETOBJ_SZ bytes. */
const NETOBJ: model.Type = { kind: "opaque", max: 1024 };
const DES_BLOCK: model.Type = { kind: "fixed-opaque", length: 8 };

export class ModelTypes {
  readonly #scope: Scope;
  readonly #constants: Constants;
  readonly #openEnums: boolean;
  readonly #ofBody = new Map<ast.Body, Mutable<model.TypeDefinition>>();
  readonly #ofTypedef = new Map<ast.TypedefNode, Mutable<model.TypedefDefinition>>();
  readonly #members = new Map<ast.EnumeratorNode, model.EnumMember>();
  readonly #externals = new Map<string, model.ExternalTypeDefinition>();

  constructor(scope: Scope, constants: Constants, openEnums: boolean) {
    this.#scope = scope;
    this.#constants = constants;
    this.#openEnums = openEnums;
  }

  definitions(): Mutable<model.TypeDefinition>[] {
    return [...this.#ofBody.values(), ...this.#ofTypedef.values()];
  }

  shellOfBody(body: ast.Body, { name, span, doc, source }: Head): model.TypeDefinition {
    const shell = emptyDefinition(body, { name, span, doc, source });
    this.#ofBody.set(body, shell);
    return shell;
  }

  shellOfTypedef(node: ast.TypedefNode): model.TypeDefinition {
    const { span, doc, source } = node;
    const shell = { kind: "typedef" as const, name: node.name.text, span, doc, source, type: VOID, recursive: false };
    this.#ofTypedef.set(node, shell);
    return shell;
  }

  /** Enums first: the labels of unions name their members. */
  fillAll(): void {
    for (const [body, shell] of this.#ofBody) {
      if (body.kind === "enum" && shell.kind === "enum") shell.members = body.members.map((each) => this.#member(each));
    }
    for (const [body, shell] of this.#ofBody) {
      if (body.kind === "struct" && shell.kind === "struct")
        shell.fields = body.fields.map((each) => this.#field(each));
      if (body.kind === "union" && shell.kind === "union") Object.assign(shell, this.#unionParts(body));
    }
    for (const [node, shell] of this.#ofTypedef) shell.type = this.declaredType(node.declaration);
  }

  value(value: ast.Value, found: bigint | undefined = this.#constants.use(value)): bigint {
    if (found === undefined) throw new Error(`the constant at offset ${value.span.start} has no value`);
    return found;
  }

  result({ type, shape }: ast.ProcedureType): model.Type {
    if (type.kind === "string") return { kind: "string", max: this.#max(shape) };
    return this.#specified(type);
  }

  /** C encodes a `T *` that is the only argument as plain T, and one among several as an optional. */
  argument(node: ast.ProcedureType, isOnly: boolean): model.Type {
    const element = this.result(node);
    return node.star && !isOnly ? { kind: "optional", element } : element;
  }

  /** The type that a declaration gives its name. */
  declaredType({ type, star, shape }: ast.DeclarationNode): model.Type {
    if (type.kind === "string") return { kind: "string", max: this.#max(shape) };
    if (type.kind === "opaque") {
      if (shape.kind === "fixed") return { kind: "fixed-opaque", length: Number(this.value(shape.size)) };
      return { kind: "opaque", max: this.#max(shape) };
    }
    const element = this.#specified(type);
    if (star) return { kind: "optional", element };
    if (shape.kind === "fixed") return { kind: "fixed-array", element, length: Number(this.value(shape.size)) };
    if (shape.kind === "variable") return { kind: "array", element, max: this.#max(shape) };
    return element;
  }

  #max(shape: ast.Shape): number | undefined {
    return shape.kind === "variable" && shape.size ? Number(this.value(shape.size)) : undefined;
  }

  #specified(type: ast.TypeSpecifier): model.Type {
    if (type.kind === "primitive") return { kind: "primitive", name: type.name };
    if (isBody(type)) return { kind: "ref", to: this.#definitionOfBody(type) };
    if (type.kind !== "reference") throw new Error(`'${type.kind}' reached the model without its size`);
    return this.#named(type.name.text);
  }

  #named(name: string): model.Type {
    const entry = this.#scope.find(name);
    if (entry === undefined) return this.#outer(name);
    return { kind: "ref", to: this.#declared(name, entry) };
  }

  #outer(name: string): model.Type {
    const outer = this.#scope.findOuter(name);
    if (outer?.kind === "built-in") {
      if (outer.type === "netobj") return NETOBJ;
      return outer.type === "des_block" ? DES_BLOCK : { kind: "primitive", name: outer.type };
    }
    if (outer === undefined) throw new Error(`the unknown type '${name}' reached the model`);
    const known = this.#externals.get(name);
    if (known) return { kind: "ref", to: known };
    const definition: model.ExternalTypeDefinition = {
      kind: "external",
      name,
      ...outer.type,
      file: outer.type.file,
    };
    this.#externals.set(name, definition);
    return { kind: "ref", to: definition };
  }

  #declared(name: string, entry: ScopeEntry): model.TypeDefinition {
    if (entry.kind !== "type") throw new Error(`the unknown type '${name}' reached the model`);
    const { node } = entry;
    if (node.kind === "type") return this.#definitionOfBody(node.body);
    const { type } = node.declaration;
    if (namesItsBody(node) && isBody(type)) return this.#definitionOfBody(type);
    const shell = this.#ofTypedef.get(node);
    if (!shell) throw new Error(`the typedef '${name}' has no place in the model`);
    return shell;
  }

  #definitionOfBody(body: ast.Body): model.TypeDefinition {
    const shell = this.#ofBody.get(body);
    if (!shell) throw new Error(`the ${body.kind} at offset ${body.span.start} has no place in the model`);
    return shell;
  }

  #member(node: ast.EnumeratorNode): model.EnumMember {
    const { name, span, doc } = node;
    const member = { name: name.text, value: Number(this.#constants.of(node)), span, doc };
    this.#members.set(node, member);
    return member;
  }

  #field(node: ast.DeclarationNode): model.Field {
    return { name: node.name?.text ?? "", type: this.declaredType(node), span: node.span, doc: node.doc };
  }

  /** A `void` arm has no field. */
  #armField(node: ast.DeclarationNode): model.Field | undefined {
    return node.name ? this.#field(node) : undefined;
  }

  #unionParts(body: ast.UnionBody): Pick<model.UnionDefinition, "discriminant" | "arms" | "defaultArm"> {
    const base = discriminantBase(this.#scope, body.discriminant.type);
    if (base === undefined) throw new Error("a union over a type that can be no discriminant reached the model");
    const numberOf = (value: ast.Value): bigint => this.value(value, this.#constants.label(value, base));
    const label = (value: ast.Value): model.UnionLabel => {
      const number = numberOf(value);
      const member = typeof base === "object" ? memberOf(base, value, number, this.#constants) : undefined;
      const isWide = base === "int64" || base === "uint64";
      return {
        value: isWide ? number : Number(number),
        text: value.text,
        member: member && this.#members.get(member),
      };
    };
    const listed = new Set(body.cases.flatMap(({ labels }) => labels.map(numberOf)));
    const reached = body.default !== undefined && !coversAll(base, listed, this.#constants, this.#openEnums);
    return {
      discriminant: {
        name: body.discriminant.name?.text ?? "",
        type: this.declaredType(body.discriminant),
        base: typeof base === "object" ? (this.#definitionOfBody(base) as model.EnumDefinition) : base,
        span: body.discriminant.span,
      },
      arms: body.cases.map(({ labels, declaration, span }) => ({
        labels: labels.map(label),
        field: this.#armField(declaration),
        span,
      })),
      defaultArm: reached ? { field: this.#armField(body.default.declaration), span: body.default.span } : undefined,
    };
  }
}

function emptyDefinition(body: ast.Body, head: Head): Mutable<model.TypeDefinition> {
  switch (body.kind) {
    case "enum":
      return { kind: "enum", ...head, members: [] };
    case "struct":
      return { kind: "struct", ...head, fields: [], listField: undefined, recursive: false };
    case "union":
      return {
        kind: "union",
        ...head,
        discriminant: { name: "", type: VOID, base: "int32", span: head.span },
        arms: [],
        defaultArm: undefined,
        recursive: false,
      };
  }
}
