/** Reads types. */
import type { ArrayType, ObjectType, Parameter, TupleType, Type, TypeMember, TypeWord, UnionType } from "./nodes.ts";
import { refuse } from "./refusal.ts";
import type { Scanner } from "./scanner.ts";

const KEYWORDS: ReadonlySet<string> = new Set([
  "bigint",
  "boolean",
  "never",
  "null",
  "number",
  "string",
  "undefined",
  "unknown",
  "void",
]);

export function parseType(scanner: Scanner): Type {
  scanner.takeIf("|");
  const types = [parseIntersection(scanner)];
  while (scanner.takeIf("|")) types.push(parseIntersection(scanner));
  const [only] = types;
  if (only !== undefined && types.length === 1) return only;
  return union(types);
}

function union(types: readonly Type[]): UnionType {
  return { kind: "union", types, flat: flatList("", types, " | ", "") };
}

/** The nodes in one line; undefined where one of them always breaks. */
export function flatList(
  open: string,
  nodes: readonly { readonly flat: string | undefined }[],
  separator: string,
  close: string,
): string | undefined {
  let text = open;
  for (const [index, { flat }] of nodes.entries()) {
    if (flat === undefined) return undefined;
    text += index === 0 ? flat : separator + flat;
  }
  return text + close;
}

function parseIntersection(scanner: Scanner): Type {
  const type = parsePostfix(scanner);
  if (!scanner.is("&")) return type;
  const types = [flatOf(type)];
  while (scanner.takeIf("&")) types.push(flatOf(parsePostfix(scanner)));
  return word(types.join(" & "));
}

function flatOf({ flat }: Type): string {
  return flat ?? refuse("a type within another that is a word would break");
}

function word(flat: string): TypeWord {
  return { kind: "word", flat, isKeyword: KEYWORDS.has(flat) };
}

function parsePostfix(scanner: Scanner): Type {
  let type: Type;
  if (scanner.takeIf("(")) {
    const inner = parseType(scanner);
    scanner.expect(")");
    type = parenthesized(scanner, inner);
  } else {
    type = parsePrimary(scanner);
  }
  while (scanner.is("[") && !scanner.token.newline) {
    scanner.take();
    if (scanner.takeIf("]")) {
      type = arrayOf(type);
    } else {
      const index = flatOf(parseType(scanner));
      scanner.expect("]");
      type = word(`${flatOf(type)}[${index}]`);
    }
  }
  return type;
}

/** The parentheses that prettier keeps. */
function parenthesized(scanner: Scanner, inner: Type): Type {
  if (inner.kind === "union" && scanner.is("[")) return inner;
  if (inner.kind === "word" && inner.flat.startsWith("typeof ") && scanner.is("[")) return word(`(${inner.flat})`);
  if (inner.kind === "word" && inner.flat.includes(" & ") && !scanner.is("[")) return word(`(${inner.flat})`);
  return refuse("parentheses around a type");
}

function arrayOf(element: Type): ArrayType {
  const { flat } = element;
  const inner = element.kind === "union" && flat !== undefined ? `(${flat})` : flat;
  return { kind: "array", element, flat: inner === undefined ? undefined : `${inner}[]` };
}

function parsePrimary(scanner: Scanner): Type {
  const { token } = scanner;
  if (token.kind === "number" || token.kind === "string") return word(scanner.take().text);
  if (scanner.takeIf("-")) {
    const digits = scanner.take();
    return digits.kind === "number" ? word(`-${digits.text}`) : refuse("a type with a minus");
  }
  if (scanner.is("{")) return parseObjectType(scanner);
  if (scanner.is("[")) return parseTuple(scanner, false);
  const name = scanner.name();
  if (name === "readonly") return parseTuple(scanner, true);
  if (name === "typeof") return word(`typeof ${path(scanner, scanner.name())}`);
  if (name === "keyof") return word(`keyof ${flatOf(parsePostfix(scanner))}`);
  if (name === "true" || name === "false" || KEYWORDS.has(name)) return word(name);
  const full = path(scanner, name);
  if (!scanner.takeIf("<")) return { kind: "reference", name: full, args: [], flat: full };
  const args = [parseType(scanner)];
  while (scanner.takeIf(",")) args.push(parseType(scanner));
  scanner.expect(">");
  return { kind: "reference", name: full, args, flat: flatList(`${full}<`, args, ", ", ">") };
}

function path(scanner: Scanner, first: string): string {
  let text = first;
  while (scanner.takeIf(".")) text += `.${scanner.name()}`;
  return text;
}

function parseTuple(scanner: Scanner, isReadonly: boolean): TupleType {
  scanner.expect("[");
  const elements: Type[] = [];
  while (!scanner.is("]")) {
    elements.push(parseType(scanner));
    if (!scanner.takeIf(",")) break;
  }
  scanner.expect("]");
  const flat = flatList(isReadonly ? "readonly [" : "[", elements, ", ", "]");
  return { kind: "tuple", isReadonly, elements, flat };
}

function parseObjectType(scanner: Scanner): ObjectType {
  scanner.expect("{");
  const isBroken = scanner.token.newline;
  const members = parseTypeMembers(scanner);
  const flat = members.length === 0 ? "{}" : isBroken ? undefined : flatList("{ ", members, "; ", " }");
  return { kind: "object", members, isBroken, flat };
}

/** Up to the closing brace, which is taken, too. */
export function parseTypeMembers(scanner: Scanner): TypeMember[] {
  const members: TypeMember[] = [];
  while (!scanner.is("}")) {
    members.push(parseTypeMember(scanner));
    if (!scanner.takeIf(";") && !scanner.is("}")) refuse("members of a type without a semicolon");
  }
  scanner.take();
  return members;
}

function parseTypeMember(scanner: Scanner): TypeMember {
  const { blank } = scanner.token;
  const comments = takeComments(scanner);
  let name = scanner.name();
  if (name === "readonly" && scanner.token.kind === "name") name += ` ${scanner.name()}`;
  const head = scanner.takeIf("?") ? `${name}?` : name;
  const parameters = scanner.is("(") ? parseParameters(scanner) : undefined;
  scanner.expect(":");
  const type = parseType(scanner);
  const list = parameters && flatList("(", parameters, ", ", ")");
  const isFlat = comments.length === 0 && type.flat !== undefined && (parameters === undefined || list !== undefined);
  const flat = isFlat ? `${head}${list ?? ""}: ${type.flat}` : undefined;
  return { comments, blank, head, parameters, type, flat };
}

/** Comments on lines of their own, straight before what they are about. */
export function takeComments(scanner: Scanner): string[] {
  const comments: string[] = [];
  while (scanner.token.kind === "comment") {
    const { text, newline, blank } = scanner.take();
    if (!newline || !scanner.token.newline || scanner.token.blank || (blank && comments.length > 0)) {
      refuse("a comment that is not on lines of its own before a member");
    }
    comments.push(text);
  }
  return comments;
}

export function parseParameters(scanner: Scanner): Parameter[] {
  scanner.expect("(");
  const parameters: Parameter[] = [];
  while (!scanner.is(")")) {
    parameters.push(parseParameter(scanner));
    if (!scanner.takeIf(",")) break;
  }
  scanner.expect(")");
  return parameters;
}

function parseParameter(scanner: Scanner): Parameter {
  const isPattern = !(scanner.token.kind === "name");
  const base = isPattern ? parsePattern(scanner) : scanner.name();
  const name = scanner.takeIf("?") ? `${base}?` : base;
  const type = scanner.takeIf(":") ? parseType(scanner) : undefined;
  if (type === undefined) return { name, isPattern, type, flat: name };
  return { name, isPattern, type, flat: type.flat === undefined ? undefined : `${name}: ${type.flat}` };
}

/** `[a, b]` or `{ a, b }`. */
export function parsePattern(scanner: Scanner): string {
  const isArray = scanner.takeIf("[");
  if (!isArray) scanner.expect("{");
  const names = [scanner.name()];
  while (scanner.takeIf(",")) names.push(scanner.name());
  scanner.expect(isArray ? "]" : "}");
  return isArray ? `[${names.join(", ")}]` : `{ ${names.join(", ")} }`;
}
