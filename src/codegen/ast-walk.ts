/** Ways through the AST that several stages take. Nesting is bounded by the parser, so recursion is, too. */
import type * as ast from "./ast.ts";

/** The types that a definition writes down: of fields, arms, discriminants, arguments and results; nested ones included, inner first. */
export function* specifiersOf(definition: ast.DefinitionNode): Generator<ast.TypeSpecifier> {
  switch (definition.kind) {
    case "type":
      yield* specifiersWithin(definition.body);
      return;
    case "typedef":
      yield* specifiersFrom(definition.declaration.type);
      return;
    case "program":
      for (const { procedures } of definition.versions) {
        for (const { result, args } of procedures) {
          for (const { type } of [result, ...args]) yield* specifiersFrom(type);
        }
      }
      return;
    case "const":
    case "broken":
  }
}

function* specifiersFrom(type: ast.TypeSpecifier): Generator<ast.TypeSpecifier> {
  if (type.kind === "struct" || type.kind === "union") yield* specifiersWithin(type);
  yield type;
}

function* specifiersWithin(body: ast.Body): Generator<ast.TypeSpecifier> {
  for (const { type } of declarationsOf(body)) yield* specifiersFrom(type);
}

/** Fields of a struct; discriminant and arms of a union. */
export function declarationsOf(body: ast.Body): readonly ast.DeclarationNode[] {
  switch (body.kind) {
    case "enum":
      return [];
    case "struct":
      return body.fields;
    case "union": {
      const arms: (ast.CaseNode | ast.DefaultNode)[] = [...body.cases, ...(body.default ? [body.default] : [])];
      return [body.discriminant, ...arms.map(({ declaration }) => declaration)];
    }
  }
}

/** Bodies that stand in a definition, with its own behind the nested ones. */
export function* bodiesOf(definition: ast.DefinitionNode): Generator<ast.Body> {
  for (const type of specifiersOf(definition)) if (isBody(type)) yield type;
  if (definition.kind === "type") yield definition.body;
}

export function isBody(type: ast.TypeSpecifier): type is ast.Body {
  return type.kind === "enum" || type.kind === "struct" || type.kind === "union";
}

/** `void` without a name: an arm that has no value, or no argument. */
export function isVoid(type: ast.TypeSpecifier): boolean {
  return type.kind === "primitive" && type.name === "void";
}

/** `typedef struct foo foo;`: C needs it, here it says nothing. */
export function isSelfAlias(node: ast.TypedefNode): boolean {
  const { type, star, shape } = node.declaration;
  const isPlain = star === undefined && shape.kind === "plain";
  return isPlain && type.kind === "reference" && type.keyword !== undefined && type.name.text === node.name.text;
}
