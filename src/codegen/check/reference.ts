/** Names of types where they are used. */
import type * as ast from "../ast.ts";
import type { CheckContext } from "./context.ts";

const builtInTypes =
  "bool char double enum float hyper int long opaque quadruple short string struct union unsigned void";

/** What people write for types that the RPC language spells otherwise. */
const spellings: ReadonlyMap<string, string> = new Map([
  ["boolean", "bool"],
  ["bool_t", "bool"],
  ["byte", "opaque"],
  ["int16_t", "short"],
  ["int32_t", "int"],
  ["int64_t", "hyper"],
  ["int8_t", "char"],
  ["long_long", "hyper"],
  ["quad_t", "hyper"],
  ["signed", "int"],
  ["u_char", "unsigned char"],
  ["u_int", "unsigned int"],
  ["u_long", "unsigned long"],
  ["u_quad_t", "unsigned hyper"],
  ["u_short", "unsigned short"],
  ["uint", "unsigned int"],
  ["uint16_t", "unsigned short"],
  ["uint32_t", "unsigned int"],
  ["uint64_t", "unsigned hyper"],
  ["uint8_t", "unsigned char"],
]);

/** `foo` must be a type, and with `struct`, `enum` or `union` before it one of that kind. */
export function checkReference(context: CheckContext, { keyword, name, span }: ast.ReferenceSpecifier): void {
  const { scope, report } = context;
  const entry = scope.find(name.text);
  if (!entry) {
    reportUnknown(context, name);
    return;
  }
  if (entry.kind === "broken") return;
  const notes = [{ message: "defined here", span: entry.name.span }];
  if (entry.kind !== "type") {
    report("not-a-type", name.span, `'${name.text}' is a ${entry.kind}, not a type`, { notes });
    return;
  }
  if (keyword === undefined) return;
  const body = entry.node.kind === "type" ? entry.node.body : entry.node.declaration.type;
  if (body.kind === keyword) return;
  const title = entry.node.kind === "type" ? entry.node.body.kind : "typedef";
  const message = `'${name.text}' is ${title === "enum" ? "an enum" : `a ${title}`}, not ${keyword === "enum" ? "an enum" : `a ${keyword}`}`;
  report("wrong-keyword", span, message, { notes, hint: `write '${name.text}' alone` });
}

function reportUnknown({ scope, report, unknownTypes }: CheckContext, name: ast.Name): void {
  if (scope.incomplete || unknownTypes.has(name.text)) return;
  unknownTypes.add(name.text);
  const spelling = spellings.get(name.text);
  const near = spelling === undefined ? scope.suggest(name.text, "type", builtInTypes.split(" ")) : undefined;
  const hint =
    spelling !== undefined ? `write '${spelling}'` : near !== undefined ? `did you mean '${near}'?` : undefined;
  report("unknown-type", name.span, `nothing defines the type '${name.text}'`, { hint });
}
